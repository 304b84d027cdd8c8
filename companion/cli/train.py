"""``companion train``: rebuild what was trained for this project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Rebuild the trained parts.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command()
def safety(
    data: Annotated[Path | None, typer.Option(help="Folder of .jsonl lines.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the numbers go.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Teach the safety classifier from its lines, and write its model card."""
    from companion.app.guarding import embedding_dir
    from companion.cli.report import show
    from companion.config import load_config
    from companion.embedding import SentenceVectors
    from companion.resources import data_dir
    from companion.safety.card import write_card
    from companion.safety.teaching import teach

    settings = load_config(config)
    language = settings.persona.language
    folder = out or data_dir("models") / "safety"
    taught = teach(
        data or data_dir("models") / "safety" / "training" / language,
        folder,
        language,
        SentenceVectors(embedding_dir(settings)),
        lambda line: typer.echo(line, err=True),
    )
    write_card(folder / f"card-{language}.md", taught)
    show(taught.report, json=json)


@app.command()
def speakers(
    manifest: Annotated[
        list[Path], typer.Option("--manifest", help="CSV with path and speaker columns.")
    ],
    out: Annotated[Path | None, typer.Option(help="Where the numbers go.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Teach the speaker check what strangers sound like, and set its thresholds."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.speaker_training import train_speakers
    from companion.service.needs import VOICES

    worker = house.load_speaker_worker(load_config(config))
    try:
        told = train_speakers(
            manifest, worker, VOICES, out, lambda line: typer.echo(line, err=True)
        )
    finally:
        worker.close()
    show(told, json=json)


@app.command()
def emotion(
    manifest: Annotated[
        list[Path], typer.Option("--manifest", help="CSV with path, emotion and speaker columns.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the weights; the shipped one if left.")
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option("--words", help="Folder of sentence embeddings: also train the word head."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the emotion model on labelled recordings; writes weights and a model card."""
    from companion.cli.report import show
    from companion.measure.emotion_training import train_emotion as train

    show(train(manifest, out, words), json=json)


@app.command()
def misheard(
    out: Annotated[
        Path | None, typer.Option(help="A .jsonl file; the shipped one if left.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of .jsonl lines.")] = None,
    limit: Annotated[int, typer.Option(min=10, help="How many lines are said.")] = 1200,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Say taught lines, disturb them, and write down what is heard, to be taught as well."""
    import sys

    from companion import app as house
    from companion.config import load_config
    from companion.measure.misheard import mishear
    from companion.resources import data_dir
    from companion.safety.lines import read_lines

    settings = load_config(config)
    folder = data or data_dir("models") / "safety" / "training" / settings.persona.language
    target = out or folder / "misheard.jsonl"
    target.unlink(missing_ok=True)  # what was misheard is not said again
    count = mishear(
        read_lines(folder),
        house.load_voice(settings),
        house.load_ears(settings),
        target,
        limit=limit,
        say=lambda text: print(text, file=sys.stderr),
    )
    print(f"{count} lines written to {target}")


@app.command()
def topics(config: Annotated[Path | None, typer.Option("--config")] = None) -> None:
    """Teach the journal's topic classifier from models/wellbeing/topics_en.tsv."""
    from companion.app.guarding import embedding_dir
    from companion.config import load_config
    from companion.embedding import sentence_vectors
    from companion.wellbeing import topics as taught

    model = sentence_vectors(embedding_dir(load_config(config)))
    head = taught.train_head(taught.read_lines(), lambda texts: model.encode(list(texts)))
    taught.save_head(head, taught.default_head_path())
    print(f"{taught.default_head_path()}: written; now: companion evaluate topics")
