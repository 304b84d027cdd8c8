"""``companion config``: the settings in force, and whether a file is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from companion.config import Config

app = typer.Typer(help="Show and check the settings.", no_args_is_help=True)


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of TOML.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="Use this config file.")] = None,
) -> None:
    """Print every setting in force, defaults included."""
    from companion.config import default_config_path, load_config

    settings = load_config(config)
    if as_json:
        print(settings.model_dump_json(indent=2))
        return
    own = config or default_config_path()
    print(f"# {own}" if own.exists() else f"# all defaults; your own file would be {own}")
    print(to_toml(settings), end="")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A config file; yours if left out.")] = None,
) -> None:
    """Check a config file, and that the models, voice and wake word it names exist."""
    from companion.config import default_config_path, load_config
    from companion.errors import ConfigError
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    settings = load_config(file)
    origin = file or default_config_path()
    try:
        store = open_store(settings)
        needs = needed_models(settings, store.catalogue)
        _check_wakeword(settings)
    except ConfigError as error:
        text = str(error)
        raise ConfigError(text if text.startswith(str(origin)) else f"{origin}: {text}") from error
    print(f"{origin}: fine" if origin.exists() else f"no {origin}: the defaults are used")
    missing = [name for name in needs.names if not store.has(name)]
    if missing:
        print("not on this device yet: " + ", ".join(missing) + "; run: companion models pull")


def to_toml(settings: Config) -> str:
    """Return all settings as TOML; those that are not set are left as comments."""
    tree = json.loads(settings.model_dump_json())
    lines = [_line(key, value) for key, value in tree.items() if not isinstance(value, dict)]
    for name, section in tree.items():
        if isinstance(section, dict):
            lines += ["", f"[{name}]", *(_line(key, value) for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _line(key: str, value: Any) -> str:
    # JSON's strings, numbers, booleans and flat lists are valid TOML; null has no counterpart.
    return f"# {key} is not set" if value is None else f"{key} = {json.dumps(value)}"


def _check_wakeword(settings: Config) -> None:
    from companion.errors import ConfigError

    if settings.attention.mode != "wakeword":
        return
    word = settings.attention.wakeword
    if word.endswith(".json"):
        if not Path(word).is_file():
            raise ConfigError(f"'attention.wakeword': there is no file {word}")
        return
    from pymicro_wakeword import Model

    known = [model.value for model in Model]
    if word not in known:
        raise ConfigError(f"'attention.wakeword': no wake word '{word}'; known: {', '.join(known)}")
