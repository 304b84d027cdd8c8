"""``companion remember``, ``recall`` and ``forget``: what the owner told of their life."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.stored import local, open_here

if TYPE_CHECKING:
    from companion.mind.memory.skill import MemorySkill
    from companion.mind.memory.store import MemoryStore
    from companion.storage.memories import Memory

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHORT = 8
"""Characters of an id that are shown."""


def remember(
    text: Annotated[str, typer.Argument(help='What to remember, as told: "My sister ..."')],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remember a fact of the owner's life; only with their consent."""
    from companion.errors import StorageError
    from companion.storage.memories import NEEDS_CONSENT

    store, skill = _open(config)
    if not store.agreed():
        raise StorageError(NEEDS_CONSENT)
    if not text.strip(" ."):
        raise StorageError("there is nothing to remember: say what")
    now = time.time()
    one = skill.understand(text)
    store.keep(one, now, now)
    kept = [fact for fact in store.facts() if fact.sentence.lower() == one.sentence.lower()]
    _show(kept, as_json=as_json)


def recall(
    question: Annotated[str | None, typer.Argument(help="Everything, if left out.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Answer a question from what was told; nothing else is ever said."""
    store, skill = _open(config)
    if question is None:
        _show(store.everything(), as_json=as_json)
        return
    found = skill.recall(question)
    if not found and not as_json:
        print("that was not told")
        return
    _show(found, as_json=as_json)


def forget(
    about: Annotated[str | None, typer.Option(help="All about this person or thing.")] = None,
    memory_id: Annotated[
        str | None, typer.Option("--id", help="One fact: its id, or the beginning, from recall.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was told.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Forget facts for good."""
    from companion.errors import StorageError

    if (about is not None) + (memory_id is not None) + everything != 1:
        raise StorageError("say what to forget: --about NAME, --id ID or --all")
    store, skill = _open(config)
    found: tuple[Memory, ...]
    if everything:
        found = store.everything()
    elif about is not None:
        found = skill.about(about, past=True)
    else:
        start = (memory_id or "").lower()
        found = tuple(f for f in store.everything() if start and f.id.startswith(start))
        if len(found) != 1:
            raise StorageError(f"not one fact's id begins with '{memory_id}': see companion recall")
    if found and not (yes or as_json):
        _show(found, as_json=False)
        typer.confirm(f"Forget {len(found)}?", abort=True)
    gone = store.forget([fact.id for fact in found], time.time()) if found else 0
    store.database.checkpoint()
    print(json.dumps({"forgotten": gone}) if as_json else f"{gone} forgotten")


def _open(config: Path | None) -> tuple[MemoryStore, MemorySkill]:
    from companion import app as house
    from companion.storage import people

    settings, database = open_here(config)
    with database.begin() as connection:
        name = settings.persona.person or "owner"
        owner = people.owner(connection, at=time.time(), name=name)
    store = house.load_store(settings, database, owner.id)
    return store, house.load_memory(settings, store)


def _show(facts: list[Memory] | tuple[Memory, ...], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                key: value
                for key, value in asdict(fact).items()
                if key not in ("vector", "person_id")
            }
            for fact in facts
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for fact in facts:
        once = " (once)" if fact.relation.startswith("past.") else ""
        print(f"{fact.sentence}{once}  [{fact.id[:SHORT]}, told {local(fact.told_at)}]")


__all__ = ["forget", "recall", "remember"]
