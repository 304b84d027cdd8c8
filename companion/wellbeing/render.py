"""A summary as text, JSON, one self-contained HTML page, or PDF."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from companion.resources import data_dir
from companion.wellbeing.summary import Summary

_PLAIN: Final = {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}
_FONTS: Final = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
)


def as_text(summary: Summary) -> str:
    """Return it as plain text."""
    lines = [summary.title, "=" * len(summary.title), ""]
    if summary.simulated:
        lines += [summary.notes[0], ""]
    for section in summary.sections:
        lines += [section.title, *(f"  {one.text}" for one in section.sentences), ""]
    return "\n".join([*lines, *summary.notes[summary.simulated :]]) + "\n"


def as_json(summary: Summary) -> str:
    """Return it as JSON, with the facts every sentence rests on."""
    return json.dumps(summary.data(), indent=2, ensure_ascii=False) + "\n"


def as_html(summary: Summary, language: str = "en") -> str:
    """Return it as one page without scripts, links or anything fetched."""
    page: str = _page(language).render(
        summary=summary,
        language=language,
        warning=summary.notes[0] if summary.simulated else None,
        notes=summary.notes[summary.simulated :],
    )
    return page


@cache
def _page(language: str):  # type: ignore[no-untyped-def]
    from jinja2 import Environment, StrictUndefined

    path = data_dir("prompts") / language / "wellbeing" / "page.html"
    settings = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return settings.from_string(path.read_text(encoding="utf-8"))


def as_pdf(summary: Summary, font: Path | None = None) -> bytes:
    """Return it as a PDF of A4 pages.

    Args:
        summary: to be written.
        font: a TrueType file; None takes one the system has. Without any, letters beyond Latin-1
            lose their accents, or become a question mark.
    """
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.fromtimestamp(summary.made_at, UTC))
    pdf.set_title(summary.title)
    pdf.set_margins(22, 20, 22)
    pdf.add_page()
    font = font or next((Path(one) for one in _FONTS if Path(one).is_file()), None)
    family = "Helvetica"
    if font is not None:
        family = "page"
        pdf.add_font(family, "", str(font))

    def write(text: str, size: float, gap: float, grey: int = 20) -> None:
        pdf.set_font(family, "", size)
        pdf.set_text_color(grey)
        line = text if font is not None else latin(text)
        pdf.multi_cell(0, size * 0.5, line, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(gap)

    write(summary.title, 18, 3)
    if summary.simulated:
        write(summary.notes[0], 11, 2)
    for section in summary.sections:
        write(section.title, 12, 0.5, 90)
        for one in section.sentences:
            write(one.text, 11, 0.5)
        pdf.ln(2.5)
    for note in summary.notes[summary.simulated :]:
        write(note, 9, 0.5, 90)
    return bytes(pdf.output())


def latin(text: str) -> str:
    """Return a text in Latin-1: accents are dropped where they must be, the rest becomes ?."""
    found = []
    for letter in text:
        letter = _PLAIN.get(letter, letter)
        try:
            letter.encode("latin-1")
            found.append(letter)
        except UnicodeEncodeError:
            bare = (
                unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1")
            )
            found.append(bare or "?")
    return "".join(found)
