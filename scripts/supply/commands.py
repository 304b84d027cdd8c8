"""docs/commands.md: every command with its options, from the command line itself."""

from __future__ import annotations

import re

import typer
from typer.cli import get_docs_for_click

from companion.cli.main import app

_HEAD = """# Every command

Made by `scripts/docs` from the command line itself; a test fails when it is out of date.
The settings that commands read stand in a TOML file: `companion config show` prints them all.

"""


def page() -> str:
    """Return the page."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="companion")
    text = get_docs_for_click(obj=command, ctx=context, name="companion")
    text = re.sub(r"^\* `--help`: .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*Options\*\*:\n\n(?!\*)", "", text)
    # One title a page.
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    return _HEAD + "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
