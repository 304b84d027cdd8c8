"""Print docs/card.md as one page in large type, for the person who lives with it."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from companion.config import load_config
from companion.errors import CompanionError
from companion.safety.regions import load_region

ROOT = Path(__file__).resolve().parents[1]
FONTS = Path("/usr/share/fonts/truetype/dejavu")
LINE = "_" * 24
"""To be filled in by hand."""
LARGEST, SMALLEST = 19.0, 14.0
"""Points. What does not fit at the smallest is too much for a card."""
DARK, ACCENT = (15, 15, 15), (20, 70, 110)


def fill(text: str, words: dict[str, str]) -> str:
    """Return the card with its gaps filled; a name that is not known is a line to write on."""
    return re.sub(r"\{(\w+)\}", lambda gap: words[gap[1]], text)


def draw(text: str, size: float) -> FPDF:
    """Return the card at so many points; it may be longer than a page."""
    pdf = FPDF(format="A4")
    pdf.set_margins(16, 12, 16)
    pdf.c_margin = 0
    pdf.set_auto_page_break(True, 8)
    # The same card is the same file.
    pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    family = "Helvetica"
    if (FONTS / "DejaVuSans-Bold.ttf").exists():
        family = "card"
        pdf.add_font(family, "", FONTS / "DejaVuSans.ttf")
        pdf.add_font(family, "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    for block in text.split("\n"):
        _block(pdf, family, block.strip(), size)
    return pdf


def _block(pdf: FPDF, family: str, block: str, size: float) -> None:
    if not block:
        return
    if title := re.match(r"(#+) (.*)", block):
        first = len(title[1]) == 1
        pdf.ln(0 if first else size * 0.14)
        pdf.set_text_color(*ACCENT)
        pdf.set_font(family, "B", size * (1.7 if first else 1.15))
        _write(pdf, title[2], size * (1.7 if first else 1.15), 0.42)
        if not first:
            pdf.set_draw_color(*ACCENT)
            pdf.line(pdf.l_margin, pdf.y, pdf.w - pdf.r_margin, pdf.y)
            pdf.ln(size * 0.06)
        return
    pdf.set_text_color(*DARK)
    pdf.set_font(family, "", size)
    if block.startswith("- "):
        left = pdf.l_margin
        pdf.cell(6, size * 0.46, "•")
        pdf.set_left_margin(left + 6)
        _write(pdf, block[2:], size, 0.46)
        pdf.set_left_margin(left)
        pdf.set_x(left)
    else:
        _write(pdf, block, size, 0.46)


def _write(pdf: FPDF, text: str, size: float, pace: float) -> None:
    pdf.multi_cell(
        0, size * pace, text, align="L", markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )


def fitted(text: str) -> tuple[FPDF, float]:
    """Return the card in the largest type in which it is one page.

    Raises:
        ValueError: it is too long.
    """
    size = LARGEST
    while size >= SMALLEST:
        pdf = draw(text, size)
        if pdf.page_no() == 1:
            return pdf, size
        size -= 0.25
    raise ValueError(f"docs/card.md is too long for one page in {SMALLEST:g} points")


def main() -> int:
    """Write the card."""
    parser = argparse.ArgumentParser(prog="scripts/card", description=__doc__)
    parser.add_argument("file", type=Path, help="the PDF to write")
    parser.add_argument("--contact", default="Anna", help="a name for the example of a message")
    parser.add_argument("--told", help="who gets alerts; left out: a line to write on")
    parser.add_argument("--readers", help="who reads the page of the day; left out: a line")
    parser.add_argument("--config", type=Path, help="a TOML config file")
    asked = parser.parse_args()
    try:
        config = load_config(asked.config)
        region = load_region(config.safety.region)
        words = {
            "name": config.persona.name,
            "contact": asked.contact,
            "told": asked.told or LINE,
            "readers": asked.readers or LINE,
            "emergency": region.emergency.number,
        }
        pdf, size = fitted(fill((ROOT / "docs" / "card.md").read_text("utf-8"), words))
        asked.file.write_bytes(bytes(pdf.output()))
    except (CompanionError, OSError, ValueError) as error:
        print(f"companion: {error}", file=sys.stderr)
        return 1
    print(f"{asked.file}: one page in {size:g} points, with the number {words['emergency']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
