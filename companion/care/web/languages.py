"""The languages of the dashboard: gettext catalogues, and how each writes dates and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}
"""Code -> its own name for itself."""

_FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"


@dataclass(frozen=True, slots=True)
class Language:
    """One language, ready for pages."""

    code: str
    translations: NullTranslations
    locale: Locale

    def text(self, message: str) -> str:
        """Return a message in this language."""
        return str(self.translations.gettext(message))

    def date(self, day: date, form: str = "full") -> str:
        """Return a day in words; ``form`` is one of CLDR's or a pattern."""
        return str(format_date(day, form, locale=self.locale))

    def moment(self, at: float) -> str:
        """Return seconds since 1970 as local date and time in words."""
        try:
            local = datetime.fromtimestamp(at).astimezone()
        except (ValueError, OverflowError, OSError):
            return self.text("an impossible time")
        zone = get_timezone(local.tzinfo)
        form = "EEE d MMM y, HH:mm"
        return str(format_datetime(local, form, tzinfo=zone, locale=self.locale))

    def ago(self, seconds: float) -> str:
        """Return how long ago, in words."""
        return str(
            format_timedelta(
                -timedelta(seconds=max(0.0, seconds)), add_direction=True, locale=self.locale
            )
        )

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as it is written here."""
        form = "#,##0." + "0" * digits if digits else "#,##0"
        plain = round(value, digits) + 0.0  # no "-0.0"
        return str(format_decimal(plain, format=form, locale=self.locale))


@cache
def language(code: str) -> Language:
    """Return a language; English for one we do not speak."""
    if code not in LANGUAGES:
        code = "en"
    return Language(code, _catalogue(code), Locale.parse(code if code != "en" else "en_GB"))


def preferred(header: str, otherwise: str = "en") -> str:
    """Return the language a browser asks for (RFC 9110, Accept-Language) that we speak."""
    wanted: list[tuple[float, int, str]] = []
    for number, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        wanted.append((-quality, number, tag.strip().lower().partition("-")[0]))
    known = [code for quality, _, code in sorted(wanted) if code in LANGUAGES and quality < 0]
    return known[0] if known else (otherwise if otherwise in LANGUAGES else "en")


def catalogue_path(code: str) -> Path:
    """Return where the sentences of a language lie."""
    return _FOLDER / code / "LC_MESSAGES" / "care.po"


def _catalogue(code: str) -> NullTranslations:
    if code == "en":
        return NullTranslations()
    # Compiled here, in some milliseconds, so that no binary has to be built or can be stale.
    with catalogue_path(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
