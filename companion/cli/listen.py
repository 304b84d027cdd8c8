"""``companion listen``: sound files to words."""

from __future__ import annotations

import asyncio
import json as jsonlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from companion.config import Config
    from companion.domain import JsonObject, Samples
    from companion.hearing.whisper import WhisperEars

_NEAR_S: Final = 1.0
"""Stretches of speech closer than this are heard as one."""

_MARGIN_S: Final = 0.2
"""Sound heard before and after a stretch, so that no consonant is lost."""


def listen(
    files: Annotated[list[Path], typer.Argument(help="Sound files.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="One JSON line a file.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML config file.")] = None,
) -> None:
    """Write down what is said in sound files, and when."""
    from companion import app
    from companion.config import load_config

    settings = load_config(config)
    ears = app.load_ears(settings)
    tell = _Telling(settings) if json else None
    for file in files:
        samples = app.speech_in(file)
        heard = hear(ears, samples) | {"file": str(file)}
        if tell is not None:
            heard |= tell(samples, str(heard["text"]))
            print(jsonlib.dumps(heard, ensure_ascii=False), flush=True)
        else:
            print(f"{file}: {heard['text'] or '(nothing: ' + str(heard['rejected']) + ')'}")


class _Telling:
    """Tells who spoke and how, of strangers: nothing is learned."""

    def __init__(self, config: Config) -> None:
        from companion import app

        self._feeler = app.load_person_feeler(config) if config.emotion.enabled else None
        self._who = app.load_who(config) if config.speakers.enabled else None

    def __call__(self, samples: Samples, text: str) -> JsonObject:
        """Return ``speaker`` and ``feeling``; None where that is off or there is nothing."""
        from companion.cli.feel import as_json
        from companion.domain import Match

        speaker = asyncio.run(self._who.who(samples)) if self._who is not None else None
        feeling = None
        if self._feeler is not None and (speaker is None or speaker.match is not Match.NO):
            sensed = self._feeler.sense(samples, text)
            feeling = as_json(None, sensed.feeling) if sensed is not None else None
        return {
            "speaker": None
            if speaker is None
            else {
                "match": speaker.match.value,
                "name": speaker.name,
                "probability": round(speaker.probability, 3),
                "why": speaker.why,
            },
            "feeling": feeling,
        }


def hear(ears: WhisperEars, samples: Samples) -> JsonObject:
    """Return ``text``, ``words``, ``speech``, ``stt_s`` and ``rejected`` of a recording.

    ``rejected`` is the reason of the first refused stretch when no stretch was believed,
    ``no_speech`` when there was none, else None.
    """
    from companion.domain import SAMPLE_RATE
    from companion.hearing.segments import speech_intervals

    intervals = speech_intervals(samples)
    total_s = len(samples) / SAMPLE_RATE
    texts: list[str] = []
    words: list[JsonObject] = []
    refused: list[str] = []
    stt_s = 0.0
    for start, end in merged(intervals):
        first = max(0.0, start - _MARGIN_S)
        part = samples[int(first * SAMPLE_RATE) : int(min(total_s, end + _MARGIN_S) * SAMPLE_RATE)]
        began = time.perf_counter()
        transcript = ears.transcribe(part)
        stt_s += time.perf_counter() - began
        if transcript.rejected:
            refused.append(transcript.rejected)
            continue
        texts.append(transcript.text)
        words += [
            {
                "text": word.text,
                "start": round(first + word.start, 3),
                "end": round(first + word.end, 3),
                "probability": word.probability,
            }
            for word in ears.words(part, transcript)
        ]
    return {
        "text": " ".join(texts),
        "words": words,
        "speech": [[round(start, 3), round(end, 3)] for start, end in intervals],
        "stt_s": round(stt_s, 3),
        "rejected": None if texts else (refused or ["no_speech"])[0],
    }


def merged(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join intervals less than a second apart, up to what the model hears at once."""
    from companion.hearing.whisper_engine import LONGEST_S

    joined: list[tuple[float, float]] = []
    for start, end in intervals:
        room = LONGEST_S - 2 * _MARGIN_S
        if joined and start - joined[-1][1] < _NEAR_S and end - joined[-1][0] <= room:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
