"""``companion summary``: the truthful half-page about a day."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from companion.wellbeing.summary import Summary

StateOption = Annotated[
    Path | None, typer.Option("--state", help="Another state folder, such as a simulated one.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
_WEEKS_S = 28 * 86_400.0


def summary(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Today if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With the facts behind it.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Plain text (the default).")] = False,
    html: Annotated[bool, typer.Option("--html", help="One page, nothing fetched.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="A4; needs --to.")] = False,
    to: Annotated[Path | None, typer.Option("--to", help="Write it to this file.")] = None,
    strike: Annotated[
        list[str] | None, typer.Option("--strike", help="Leave out a line or section, by id.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it as the day's summary.")] = False,
    read: Annotated[bool, typer.Option("--read", help="As it is read to the person.")] = False,
    told: Annotated[
        str | None, typer.Option("--told", help="What this role was told, such as daughter.")
    ] = None,
    state: StateOption = None,
    config: ConfigOption = None,
) -> None:
    """Sum up a day for the person and those who care: what was heard, and how sure that is."""
    from companion import app as house
    from companion.app import wellbeing, zones
    from companion.config import load_config
    from companion.errors import WellbeingError
    from companion.wellbeing import pages, shared

    if sum((as_json, text, html, pdf)) > 1:
        raise WellbeingError("choose one of --json, --text, --html and --pdf")
    if pdf and to is None:
        raise WellbeingError("a PDF is no text for a terminal: name a file with --to")
    settings = wellbeing.elsewhere(load_config(config), state)
    if state is not None and not (state / "companion.db").is_file():
        raise WellbeingError(f"{state} holds no database: see companion simulate days --to")
    database = house.open_storage(settings)
    zone, now = zones.zone_of(settings), time.time()
    texts = pages.texts_of(settings.persona.language)
    with database.read() as connection:
        owner = wellbeing.owner_of(connection)
        if told is not None:
            found = shared.told(connection, owner.id, told, zone, texts, since=now - _WEEKS_S)
            for one in found:
                print("\n  ".join([one.text, *one.lines]))
            return
        made = pages.today(
            connection,
            owner.id,
            day.date() if day else datetime.now(zone).date(),
            zone,
            who=wellbeing.named(owner, settings),
            language=settings.persona.language,
            at=now,
        )
    if strike:
        struck = shared.strike(made, strike, texts)
        print(struck.answer, file=sys.stderr)
        made = struck.summary
    if (strike or keep) and not wellbeing.keep_summary(database, made, settings, open=not keep):
        print("it is not kept: the consent to summaries was withdrawn", file=sys.stderr)
    if read:
        print("\n".join(shared.spoken(made, texts)))
        return
    _write(made, "json" if as_json else "html" if html else "pdf" if pdf else "text", to)


def _write(made: Summary, form: str, to: Path | None) -> None:
    from companion.errors import WellbeingError
    from companion.wellbeing import render

    if form == "pdf":
        data = render.as_pdf(made)
    else:
        as_it = {"json": render.as_json, "html": render.as_html, "text": render.as_text}[form]
        data = as_it(made).encode()
    if to is None:
        print(data.decode(), end="")
        return
    try:
        to.write_bytes(data)
    except OSError as error:
        raise WellbeingError(f"cannot write {to}: {error.strerror}") from error


def parse_day(text: str | None, today: date) -> date:
    """Return a day written as 2026-06-01, or today.

    Raises:
        WellbeingError: it is no day.
    """
    from companion.errors import WellbeingError

    try:
        return date.fromisoformat(text) if text else today
    except ValueError as error:
        raise WellbeingError(f"{text} is no day: write it like 2026-06-01") from error
