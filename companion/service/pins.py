"""Pinning: asking the hub once what a model's files must hash to, and writing it down."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.errors import ModelCorruptError, ModelSourceError
from companion.service.catalogue import Model, ModelFile
from companion.service.fetch import writing

if TYPE_CHECKING:
    from companion.service.hub import Hub

SMALL_BYTES = 32_000_000
"""Largest file the hub keeps in git itself; larger ones have a published SHA-256."""


def pin(model: Model, hub: Hub) -> Model:
    """Return the entry with the commit, sizes and hashes that the hub publishes.

    Large files carry their SHA-256 in the hub's record. Small ones carry only git's SHA-1, so
    they are read, checked against it, and hashed here.

    Raises:
        ModelSourceError: it is no hub model, or the hub cannot be reached or lacks a file.
        ModelCorruptError: the hub contradicts a hash the catalogue already knows.
    """
    if model.source != "hub" or model.repo is None:
        raise ModelSourceError(f"model {model.name} comes from a package and is pinned already")
    record = hub.info(model.repo, model.revision or "main")
    commit = str(record.get("sha", ""))
    known = {str(entry.get("rfilename")): entry for entry in record.get("siblings", [])}
    files = tuple(_pin_file(model, file, commit, known, hub) for file in model.files)
    try:
        return Model.model_validate(
            model.model_dump() | {"revision": commit, "pinned": True, "files": files}
        )
    except ValueError as error:
        raise ModelSourceError(f"the hub's record of {model.repo} cannot be used") from error


def _pin_file(
    model: Model, file: ModelFile, commit: str, known: dict[str, Any], hub: Hub
) -> ModelFile:
    entry = known.get(file.remote)
    if entry is None:
        raise ModelSourceError(f"{model.repo} has no file {file.remote} at {commit[:12]}")
    size = entry.get("size")
    lfs = entry.get("lfs")
    if isinstance(lfs, dict):
        sha256 = str(lfs.get("sha256", ""))
    else:
        data = hub.read(model.repo or "", commit, file.remote, SMALL_BYTES)
        git = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        if git != entry.get("blobId"):
            raise ModelCorruptError(f"{file.remote} of {model.repo} differs from the hub's record")
        size, sha256 = len(data), hashlib.sha256(data).hexdigest()
    if file.sha256 is not None and file.sha256 != sha256:
        raise ModelCorruptError(
            f"the hub's {file.remote} of {model.repo} is not the one the catalogue knows"
        )
    return file.model_copy(update={"size": size, "sha256": sha256})


def append_entry(model: Model, path: Path) -> None:
    """Add an entry at the end of the user's catalogue, where it replaces earlier ones.

    Raises:
        ModelSourceError: the file cannot be written.
    """
    with writing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh = path.with_name(path.name + ".part")
        fresh.write_text((old.rstrip() + "\n\n" if old else "") + to_toml(model), encoding="utf-8")
        fresh.replace(path)


def to_toml(model: Model) -> str:
    """Return a hub entry as TOML."""
    lines = ["[[models]]"]
    values = model.model_dump(exclude={"files", "packages"}, exclude_none=True)
    lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    for file in model.files:
        lines += ["", "[[models.files]]"]
        fields = file.model_dump(exclude={"members"}, exclude_none=True)
        lines += [f"{key} = {_value(value)}" for key, value in fields.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    # JSON's strings, numbers, booleans and flat lists are valid TOML.
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
