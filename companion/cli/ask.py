"""``companion ask``: words in, the mind's reply out, without sound."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from companion.config import Config, load_config
from companion.domain import TurnContext
from companion.errors import ModelError
from companion.mind.companion_mind import CompanionMind
from companion.mind.llama import LlamaModel
from companion.mind.model import LanguageModel
from companion.mind.prompts import load_prompts
from companion.mind.server import ServerModel

STARTER = ("smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf")


def model_path(config: Config) -> tuple[str, Path]:
    """Return the language model's name and file."""
    name, file = STARTER
    return name, config.models.dir / name / file


def build_mind(config: Config) -> CompanionMind:
    """Put the mind together from the settings.

    Raises:
        ConfigError: the prompts or the server's address have a mistake.
        ModelError: no model can be used and no server is configured.
    """
    persona, mind = config.persona, config.mind
    prompts = load_prompts(persona.language, name=persona.name)
    models: list[LanguageModel] = []
    trouble: str | None = None
    if mind.server:
        models.append(
            ServerModel(
                mind.server,
                mind.server_model,
                timeout_s=mind.server_timeout_s,
                context_tokens=mind.context_tokens,
            )
        )
    name, path = model_path(config)
    try:
        models.append(
            LlamaModel(
                path,
                name=name,
                context_tokens=mind.context_tokens,
                threads=mind.threads,
                gpu_layers=mind.gpu_layers,
                state_dir=config.state_dir,
            )
        )
    except ModelError as error:
        if not mind.server:
            raise
        trouble = str(error)
    return CompanionMind(
        prompts,
        models,
        trust="small" if mind.server else "starter",
        person=persona.person,
        seed=mind.seed,
        trouble=trouble,
    )


def answers(mind: CompanionMind, lines: Iterable[str], *, talk: bool) -> Iterator[dict[str, Any]]:
    """Yield one record a line; every line is a fresh conversation unless ``talk``."""
    for line in lines:
        said = line.strip()
        if not said:
            continue
        began = time.perf_counter()
        parts = list(mind.reply(said, TurnContext()))
        took = time.perf_counter() - began
        reply = " ".join(p.text for p in parts if p.text)
        if talk and not any(p.control for p in parts):
            mind.remember(said, reply)
        yield {
            "said": said,
            "reply": reply,
            "fallback": bool(parts) and parts[0].source == "fallback",
            "checks": list(dict.fromkeys(c for p in parts for c in p.checks)),
            "source": parts[0].source if parts else "",
            "seconds": round(took, 3),
        }


def ask(
    text: Annotated[
        list[str] | None, typer.Argument(help="What is said; - or nothing reads lines.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    talk: Annotated[bool, typer.Option(help="All lines are one conversation.")] = False,
    config: Annotated[Path | None, typer.Option(help="A config file.")] = None,
) -> None:
    """Print what the companion would reply."""
    mind = build_mind(load_config(config))
    mind.warm()
    lines = sys.stdin if not text or text == ["-"] else [" ".join(text)]
    try:
        for record in answers(mind, lines, talk=talk):
            print(json.dumps(record, ensure_ascii=False) if json_lines else record["reply"])
        if trouble := mind.take_trouble():
            print(trouble, file=sys.stderr)
    finally:
        mind.close()


__all__ = ["answers", "ask", "build_mind", "model_path"]
