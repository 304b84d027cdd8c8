"""Templates to pages, in each language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from companion.care.web import labels
from companion.care.web.languages import LANGUAGES, Language

HERE: Final = Path(__file__).resolve().parent
STATIC: Final = HERE / "static"


def render(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Return a page.

    Args:
        template: its name without ``.html``.
        language: of everything on it but what the person or a summary said.
        values: what it shows.
    """
    return _environment(language).get_template(f"{template}.html").render(values, lang=language)


def static_url(name: str) -> str:
    """Return the address of a file of ours; it changes with its content."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def _environment(language: Language) -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.install_gettext_translations(  # type: ignore[attr-defined]
        language.translations, newstyle=True
    )
    found.globals.update(labels=labels, static_url=static_url, languages=LANGUAGES)
    return found
