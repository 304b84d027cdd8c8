"""``companion evaluate``: quality, measured."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.feel import Baseline

if TYPE_CHECKING:
    from companion.mind.memory.store import MemoryStore

app = typer.Typer(help="Measure quality on recordings.", no_args_is_help=True)

Manifest = Annotated[Path, typer.Option("--manifest", help="CSV with a path column.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A TOML config file.")]


class Person(StrEnum):
    """Whose pauses are learned."""

    ALL = "all"
    SPEAKER = "speaker"
    ROW = "row"


@app.command()
def hearing(manifest: Manifest, json: Json = False, config: ConfigFile = None) -> None:
    """Word error rate and speed, beside stock faster-whisper with the same model."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.hearing import evaluate_hearing

    settings = load_config(config)
    ears = house.load_ears(settings)
    show(evaluate_hearing(manifest, ears, house.model_paths(settings)["whisper"]), json=json)


@app.command()
def turns(
    manifest: Manifest,
    person: Annotated[
        Person, typer.Option(help="Whose pauses are learned: rows are one person's, each its own.")
    ] = Person.ALL,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Spoken over, or kept waiting: every utterance through the whole conversation."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.turns import evaluate_turns

    show(evaluate_turns(load_config(config), manifest, person.value), json=json)


@app.command()
def quiet(
    folder: Annotated[Path, typer.Argument(help="A folder of noises.")],
    minutes: Annotated[float, typer.Option(help="How long to listen.")] = 10.0,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Replies to noise and silence: there should be none."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.quiet import evaluate_noise

    show(evaluate_noise(load_config(config), folder, minutes), json=json)


@app.command()
def echo(
    minutes: Annotated[float, typer.Option(help="How long to speak.")] = 5.0,
    gain_db: Annotated[float, typer.Option(help="Level of the echo.")] = -6.0,
    delay_ms: Annotated[float, typer.Option(help="Delay of the echo.")] = 80.0,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Replies to its own voice in an echoing room: there should be none."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.quiet import evaluate_echo

    show(
        evaluate_echo(load_config(config), minutes, gain_db=gain_db, delay_s=delay_ms / 1000),
        json=json,
    )


@app.command()
def barge(
    times: Annotated[int, typer.Option(help="How often to interrupt.")] = 20,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """How fast the voice stops when a person speaks over it, echo included."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.barge import evaluate_barge_in

    show(evaluate_barge_in(load_config(config), times), json=json)


@app.command()
def endurance(
    minutes: Annotated[float, typer.Option(help="How much talk, in virtual time.")] = 60.0,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Recordings of one utterance each.")
    ] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Memory, threads and open files over hours of talk: they should stay flat."""
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.endurance import evaluate_endurance

    show(evaluate_endurance(load_config(config), minutes, files or ()), json=json)


@app.command()
def safety(
    set_: Annotated[Path, typer.Option("--set", help="JSON Lines: set, text, tier, category.")],
    through_voice: Annotated[
        bool,
        typer.Option("--through-voice", help="Say every line, add noise, screen what is heard."),
    ] = False,
    noise: Annotated[Path | None, typer.Option(help="A folder of noises.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many spoken lines.")] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Danger recognised and false alarms, in text or through the voice."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.safety import evaluate_safety
    from companion.measure.spoken import evaluate_through_voice

    settings = load_config(config)
    screener = house.load_screener(settings)
    if not through_voice:
        show(evaluate_safety(screener, set_), json=json)
        return
    voice, ears = house.load_voice(settings), house.load_ears(settings)
    show(evaluate_through_voice(screener, set_, voice, ears, noise=noise, limit=limit), json=json)


@app.command()
def speakers(
    manifest: Annotated[
        Path, typer.Option("--manifest", help="CSV with path and speaker columns.")
    ],
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Who is speaking: strangers let in, owners turned away, on stretches of 4 s."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.hearing.speakers import background
    from companion.measure.speakers import evaluate_speakers

    worker = house.load_speaker_worker(load_config(config))
    try:
        show(evaluate_speakers(manifest, worker, background.load()), json=json)
    finally:
        worker.close()


@app.command()
def expression(
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the tones side by side into a PNG.")
    ] = None,
    sentences: Annotated[
        Path | None, typer.Option("--sentences", help="A text file, one sentence a line.")
    ] = None,
    times: Annotated[int, typer.Option(min=1, help="How often each sentence is said.")] = 1,
    voice: Annotated[
        str | None, typer.Option("--voice", help="A voice of voices/, such as joe.")
    ] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Every tone: understood by Whisper, paced, pitched, and felt by our own ear."""
    from companion import app as house
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.expression import evaluate_expression, read_sentences
    from companion.measure.pictures import draw_tones, need_pictures

    if picture is not None:
        need_pictures()  # before minutes of work, not after
    texts, settings = read_sentences(sentences), load_config(config)
    result, takes = evaluate_expression(
        house.load_voice(settings, voice), house.load_ears(settings), texts, times=times
    )
    if picture is not None:
        draw_tones(takes, picture)
    show(result, json=json)


@app.command()
def emotion(
    manifest: Annotated[
        Path, typer.Option("--manifest", help="CSV with path, emotion and speaker columns.")
    ],
    baseline: Annotated[
        Baseline,
        typer.Option(help="causal: each speaker against their own earlier rows; none: strangers."),
    ] = Baseline.CAUSAL,
    loso: Annotated[
        bool, typer.Option("--loso", help="Train anew without each speaker, on this manifest.")
    ] = False,
    json: Json = False,
) -> None:
    """How well feeling is heard: recall, calibration, when sure, and gaps between groups."""
    from companion.cli.report import show
    from companion.measure.emotion import evaluate_emotion

    causal = baseline is Baseline.CAUSAL
    show(evaluate_emotion(manifest, "causal" if causal else "none", loso=loso), json=json)


@app.command()
def checkins(
    days: Annotated[int, typer.Option(min=1, max=366, help="How long each lives.")] = 60,
    seed: Annotated[int, typer.Option(help="Of all chance.")] = 1,
    json: Json = False,
) -> None:
    """Speaking first, over weeks, on simulated people: how often, when, and how it backs off."""
    from companion.cli.report import show
    from companion.measure.checkins import evaluate_checkins

    show(evaluate_checkins(days, seed), json=json)


@app.command()
def summary(
    lives: Annotated[int, typer.Option(min=1, help="Made-up people for each row.")] = 50,
    seed: Annotated[int, typer.Option(help="Of the first.")] = 1,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Sentences the journal supports, planted changes named, false changes, words that leaked."""
    from companion.app.wellbeing import load_topics
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.summary import evaluate_summary
    from companion.wellbeing.phrasing import load_texts

    settings = load_config(config)
    texts = load_texts(settings.persona.language)
    show(evaluate_summary(load_topics(settings), texts, lives=lives, seed=seed), json=json)


@app.command()
def topics(json: Json = False, config: ConfigFile = None) -> None:
    """Precision and recall of the journal's topics on lines held out."""
    from companion.app.wellbeing import load_topics
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.topics import evaluate_topics

    show(evaluate_topics(load_topics(load_config(config))), json=json)


@app.command()
def memory(json: Json = False, config: ConfigFile = None) -> None:
    """Facts recalled after a life told among small talk; wrong answers; what was invented."""
    from tempfile import TemporaryDirectory

    from companion import app as house
    from companion.app.remembering import load_ears
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.memory import evaluate_memory

    settings = load_config(config)
    stores: list[MemoryStore] = []
    with TemporaryDirectory() as folder:

        def new_store() -> MemoryStore:
            own = Path(folder) / str(len(stores))
            own.mkdir()
            stores.append(house.scratch_store(settings, own))
            return stores[-1]

        try:
            found = evaluate_memory(
                *load_ears(settings), new_store, detail=("dev", "british", "american")
            )
        finally:
            for store in stores:
                store.database.close()
    show(found, json=json)


@app.command()
def skills(
    set_: Annotated[
        Path | None, typer.Option("--set", help="Tab-separated: dev or held, intent, sentence.")
    ] = None,
    through_voice: Annotated[
        bool, typer.Option("--through-voice", help="Say every line; take what is heard.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many lines.")] = None,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Requests to the skills that are understood, and talk that is taken for one."""
    from companion import app as house
    from companion.app.skilling import load_near
    from companion.app.zones import zone_of
    from companion.cli.report import show
    from companion.config import load_config
    from companion.measure.skills import evaluate_skills, read_lines, through
    from companion.mind.commands import CommandEar
    from companion.mind.prompts import load_prompts
    from companion.mind.skills.sentences import load_sentences
    from companion.wellbeing.exercises import find_exercise, load_exercises

    settings = load_config(config)
    persona = settings.persona
    exercises = load_exercises(persona.language)
    ear = CommandEar(load_prompts(persona.language, name=persona.name))

    def other(text: str) -> str | None:
        command = ear.recognise(text)
        if command is not None:
            return str(command)
        found = find_exercise(text, exercises)
        return found.name if found is not None else None

    heard = None
    if through_voice:
        heard = through(house.load_voice(settings), house.load_ears(settings))
    near = load_near(settings).find
    sentences = load_sentences(persona.language, persona.person, persona.name, near)
    lines = read_lines(set_)
    if limit is not None:
        lines = lines[:: max(1, len(lines) // limit)][:limit]
    show(evaluate_skills(sentences, other, lines, zone_of(settings), heard or str), json=json)
