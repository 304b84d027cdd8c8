"""``companion people enrol`` and ``forget-voice``: knowing somebody by their voice."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.cli.consent import TEXTS
from companion.cli.consent import VERSION as CONSENT_VERSION
from companion.cli.stored import ACTOR, find, open_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from companion.config import Config
    from companion.domain import Samples, Speech
    from companion.storage.database import Database
    from companion.storage.people import Person

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Use this config file.")]
Name = Annotated[str, typer.Argument(help="The person's name; owner is whoever that is.")]

_SUBJECT = "voiceprint"


def enrol(
    name: Name,
    files: Annotated[
        list[Path] | None, typer.Argument(help="More sound files.", show_default=False)
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Sound files of them alone, instead of the microphone."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Name of the microphone the files were made with.")
    ] = None,
    aloud: Annotated[
        bool, typer.Option("--aloud/--silent", help="Speak the guidance, or only print it.")
    ] = True,
    config: ConfigOption = None,
) -> None:
    """Learn a person's voice from about a minute of speech; asks for their consent first."""
    from companion import app as house
    from companion.hearing.speakers.enrolment import make_print
    from companion.service.needs import VOICES
    from companion.storage import audit

    settings, database = open_here(config)
    worker = house.load_speaker_worker(settings)
    person = _person(database, settings, name)
    _ask_consent(database, person)
    wavs = [*(source or ()), *(files or ())]
    try:
        if wavs:
            recordings, where = [house.speech_in(path) for path in wavs], device or "files"
        else:
            recordings, where = _guided(settings, aloud=aloud)
        made = make_print(
            house.hear_pieces(worker, recordings),
            person_id=person.id,
            name=person.name,
            device=device or where,
            model=VOICES,
            at=time.time(),
        )
    finally:
        worker.close()
    house.store_print(database, made)
    with database.begin() as conn:
        audit.append(conn, time.time(), ACTOR, "voice enrolled", {"person": person.id})
    print(f"{person.name}: enrolled from {made.seconds:.0f} s of speech through {made.device}")
    if not settings.speakers.enabled:
        print("voices are not compared yet: set enabled = true under [speakers]")


def forget_voice(name: Name, config: ConfigOption = None) -> None:
    """Forget how a person sounds, and record that they no longer agree to it."""
    from companion.storage import audit, consents
    from companion.storage.voiceprints import forget_prints

    _, database = open_here(config)
    now = time.time()
    with database.begin() as conn:
        person = find(conn, name)
        gone = forget_prints(conn, person.id)
        consents.withdraw(
            conn,
            person_id=person.id,
            subject=_SUBJECT,
            how="typed",
            version=CONSENT_VERSION,
            at=now,
        )
        audit.append(conn, now, ACTOR, "voice forgotten", {"person": person.id})
    database.checkpoint()
    print(f"{person.name}: {gone} voiceprints forgotten")


def _person(database: Database, settings: Config, name: str) -> Person:
    from companion.storage import people

    with database.begin() as conn:
        people.owner(conn, at=time.time(), name=settings.persona.person or "owner")
        return find(conn, name)


def _ask_consent(database: Database, person: Person) -> None:
    """Ask once; a no, or nobody there to ask, ends it.

    Raises:
        SpeakerError: there is no consent.
    """
    from companion.errors import SpeakerError
    from companion.storage import audit, consents

    with database.read() as conn:
        word = consents.current(conn, person.id, _SUBJECT)
    if word is not None and word.granted:
        return
    if not sys.stdin.isatty():
        raise SpeakerError(
            f"{person.name} has not agreed to a voiceprint: ask them, then run: "
            f'companion data consent give {_SUBJECT} --person "{person.name}"'
        )
    print(f"{TEXTS[_SUBJECT]} It can be forgotten at any time.")
    agreed = typer.confirm(f"{person.name}, do you agree?", default=False)
    now = time.time()
    with database.begin() as conn:
        record = consents.give if agreed else consents.withdraw
        record(
            conn,
            person_id=person.id,
            subject=_SUBJECT,
            how="typed",
            version=CONSENT_VERSION,
            at=now,
        )
        action = "consent given" if agreed else "consent withdrawn"
        audit.append(conn, now, ACTOR, action, {"person": person.id, "subject": _SUBJECT})
    if not agreed:
        raise SpeakerError(f"{person.name} does not agree, so nothing was learned")


def _guided(settings: Config, *, aloud: bool) -> tuple[list[Samples], str]:
    """Lead through the minute; return what was said, and the microphone's name."""
    from companion.app.enrolling import load_guide, record_part
    from companion.audio.clock import WallClock
    from companion.audio.microphone import Microphone
    from companion.hearing.vad import SpeechDetector

    guide = load_guide(settings.persona.language)
    tell = _teller(settings, aloud=aloud)

    async def listen(seconds: float) -> tuple[Samples, str]:
        clock = WallClock()
        microphone = Microphone(settings.audio.input, clock)
        detector = SpeechDetector()
        try:
            heard = await record_part(
                microphone,
                seconds,
                lambda frame: detector(frame.pcm),
                lambda spoken: print(f"\r  {spoken:4.0f} of {seconds:.0f} s ", end="", flush=True),
            )
        finally:
            await microphone.close()
            clock.close()
        print()
        return heard, microphone.name

    tell(guide.intro)
    recordings: list[Samples] = []
    where = ""
    for part in guide.parts:
        tell(part.say)
        if part.text:
            print(f"\n{part.text}\n")
        heard, where = asyncio.run(listen(part.seconds))
        recordings.append(heard)
    tell(guide.done)
    return recordings, where


def _teller(settings: Config, *, aloud: bool) -> Callable[[str], None]:
    """Return what prints a sentence, and speaks it where that works."""
    from companion import app as house
    from companion.errors import CompanionError

    voice = None
    if aloud:
        try:
            voice = house.load_voice(settings)
        except CompanionError as error:
            print(f"({error})", file=sys.stderr)

    def tell(text: str) -> None:
        print(text)
        if voice is not None:
            try:
                _speak(voice.synthesize(text), settings)
            except CompanionError as error:
                print(f"({error})", file=sys.stderr)

    return tell


def _speak(speech: Speech, settings: Config) -> None:
    from companion.audio.clock import WallClock
    from companion.audio.speaker import Speaker
    from companion.cli.say import play_out

    clock = WallClock()
    speaker = Speaker(settings.audio.output, clock)
    try:
        play_out(speech, speaker)
    finally:
        speaker.close()
        clock.close()
