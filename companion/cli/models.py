"""``companion models``: what there is, what is here, and fetching the rest."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from companion.service.catalogue import Model
    from companion.service.fetch import Progress
    from companion.service.store import ModelStore

app = typer.Typer(help="List, fetch and check the models.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
Names = Annotated[list[str] | None, typer.Argument(help="Names from `companion models list`.")]

ProfileOption = Annotated[
    str | None, typer.Option(help="This profile's models: starter, pi5, jetson or pc.")
]


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
    config: ConfigOption = None,
) -> None:
    """List every model with its licence, size and need of memory."""
    store, wanted = _store(config)
    rows = [_row(model, store, wanted) for model in store.catalogue.models.values()]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("", "model", "kind", "languages", "licence", "from"):
        table.add_column(title)
    for title in ("MB", "RAM MB"):
        table.add_column(title, justify="right")
    for row in rows:
        mark = "●" if row["installed"] else "○" if row["wanted"] else ""
        table.add_row(
            *(mark, row["name"], row["kind"], _short(row["languages"]), row["licence"]),
            *(row["source"] if row["pinned"] else "hub, not pinned", str(row["size_mb"])),
            str(row["ram_mb"]),
        )
    console = _console()
    console.print(table)
    console.print("● on this device   ○ named by the configuration, not fetched yet")
    for name, profile in store.catalogue.profiles.items():
        console.print(f"profile {name}: " + ", ".join(profile.names), highlight=False)


@app.command()
def pull(
    names: Names = None,
    profile: ProfileOption = None,
    config: ConfigOption = None,
) -> None:
    """Fetch models; without a name or profile, those that the configuration uses."""
    store, wanted = _store(config)
    for model in _chosen(store, names, profile, wanted):
        with _bar(model.name) as progress:
            folder = store.pull(model.name, progress)
        print(f"{model.name}: ready ({model.size_mb} MB, licence {model.licence}) in {folder}")


@app.command()
def verify(names: Names = None, config: ConfigOption = None) -> None:
    """Read models whole and compare their hashes; without a name, all that are here."""
    from companion.errors import ModelError

    store, wanted = _store(config)
    failed: ModelError | None = None
    present = [name for name in store.catalogue.models if (store.folder / name).is_dir()]
    for name in names or present or wanted:
        try:
            with _bar(name) as progress:
                store.verify(name, progress)
        except ModelError as error:
            if failed is not None:
                print(f"companion: {failed}", file=sys.stderr)
            failed = error
        else:
            print(f"{name}: whole")
    if failed is not None:
        raise failed


@app.command()
def path(names: Names = None, profile: ProfileOption = None, config: ConfigOption = None) -> None:
    """Print where models lie; without a name, those that the configuration uses."""
    store, wanted = _store(config)
    for model in _chosen(store, names, profile, wanted):
        print(store.path(model.name))


@app.command()
def pin(name: str, config: ConfigOption = None) -> None:
    """Ask the hub for a model's hashes and write them into your own catalogue."""
    from companion.service.hub import Hub
    from companion.service.pins import append_entry, pin
    from companion.service.store import overlay_path

    store, _ = _store(config)
    hub = Hub()
    try:
        model = pin(store.catalogue.model(name), hub)
    finally:
        hub.close()
    append_entry(model, overlay_path())
    print(f"{name}: pinned to {model.repo} {model.revision} in {overlay_path()}")


def _store(config: Path | None) -> tuple[ModelStore, tuple[str, ...]]:
    from companion.config import load_config
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    settings = load_config(config)
    store = open_store(settings)
    return store, needed_models(settings, store.catalogue).names


def _chosen(
    store: ModelStore, names: list[str] | None, profile: str | None, wanted: tuple[str, ...]
) -> list[Model]:
    chosen = list(names or ())
    if profile is not None:
        chosen += store.catalogue.profile(profile).names
    return [store.catalogue.model(name) for name in dict.fromkeys(chosen or wanted)]


def _row(model: Model, store: ModelStore, wanted: tuple[str, ...]) -> dict[str, Any]:
    fields = {"name", "kind", "description", "licence", "languages", "size_mb", "ram_mb"}
    return model.model_dump(include=fields | {"source", "pinned", "repo", "revision"}) | {
        "download_mb": round(model.download_bytes / 1e6),
        "installed": store.has(model.name),
        "wanted": model.name in wanted,
    }


def _short(languages: tuple[str, ...]) -> str:
    if languages == ("*",):
        return "all"
    return " ".join(languages) if len(languages) < 4 else f"{languages[0]} +{len(languages) - 1}"


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """Show a progress bar on stderr while a model is fetched or checked; a log gets one line."""
    console = _console(stderr=True)
    if not console.is_terminal:
        said: set[str] = set()

        def say_once(what: str, done: int, total: int) -> None:
            if what not in said:
                said.add(what)
                print(f"{what}: {total / 1e6:.0f} MB", file=sys.stderr, flush=True)

        yield say_once
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
        bars.TimeRemainingColumn(compact=True),
    )
    with bars.Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(name, total=None)

        def report(what: str, done: int, total: int) -> None:
            shown.update(task, description=what, completed=done, total=total)

        yield report
