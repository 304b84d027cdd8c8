"""Speed and memory of the whole, beside the plain pipeline in the same run."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from companion import app
from companion.config import Config
from companion.domain import SAMPLE_RATE, JsonObject, Tone
from companion.errors import MeasureError
from companion.measure.dialogue import Dialogue, Line, Said, true_end
from companion.measure.sequential import Sequential, SequentialTurn
from companion.measure.stages import Stages, TimedEars, TimedMind, TimedVoice

PLAIN: Final = (
    "I didn't sleep very well last night.",
    "My daughter is coming to visit me on Sunday.",
    "What shall I have for dinner today?",
    "I used to work in a bakery when I was young.",
    "My knee is hurting again when I climb the stairs.",
    "The garden looks lovely this time of year.",
    "I feel a little bit lonely today.",
    "Can you tell me something nice?",
    "I watched an old film with my neighbour yesterday.",
    "It has been raining all day and I could not go out.",
    "My husband always made the tea in the morning.",
    "I can't find my reading glasses anywhere.",
)
SHORT: Final = ("Yes.", "No.", "Help!", "Thank you.", "Maybe.", "Goodbye.")


def bench(
    config: Config,
    files: Sequence[Path] = (),
    *,
    realtime: bool = True,
    compare: bool = True,
) -> JsonObject:
    """Hold a talk and time everything.

    Args:
        config: settings.
        files: recordings of one utterance each; none means sentences spoken by our own voice.
        realtime: on the wall clock; otherwise on the virtual clock, which charges real work.
        compare: also send the same utterances through the plain sequential pipeline.

    Returns:
        ``gap_p50_s``, ``gap_p95_s`` (end of speech to the first sound), ``ready_at_commit``
        (share), ``cpu_s_per_turn``, ``peak_rss_mb``, ``cold_start_s``, ``stages``, ``short``
        (one-word answers), ``sequential`` and ``ratios`` (ours divided by theirs).

    Raises:
        MeasureError: a file has no speech.
        CompanionError: a model or a file cannot be used.
    """
    before = app.process_age()
    engines = app.load_engines(config)
    cold = before + engines.load_s
    lines = [recorded(path) for path in files] if files else [spoken(engines, t) for t in PLAIN]
    stages = Stages()
    cpu = time.process_time()
    said = asyncio.run(_talk(config, engines, lines, stages, realtime=realtime))
    cpu = (time.process_time() - cpu) / len(said)
    result: JsonObject = {
        "cores": os.cpu_count(),
        "models": [path.name for path in app.model_paths(config).values()],
        "turns": len(said),
        **_numbers(said),
        "cpu_s_per_turn": round(cpu, 3),
        "cold_start_s": round(cold, 2),
    }
    if not files:
        words = [spoken(engines, text) for text in SHORT]
        result["short"] = _numbers(
            asyncio.run(_talk(config, engines, words, stages, realtime=realtime))
        )
    result["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result["stages"] = stages.summary()
    result["said"] = [
        {"line": s.line.name, "heard": s.committed, "gap_s": s.gap and round(s.gap, 3)}
        for s in said
    ]
    if compare:
        theirs = _sequential(config, lines)
        result["sequential"] = theirs
        result["ratios"] = {
            key: round(result[key] / theirs[key], 3)
            for key in ("gap_p50_s", "gap_p95_s", "cpu_s_per_turn")
            if result[key] is not None
        }
    return result


def _numbers(said: Sequence[Said]) -> JsonObject:
    gaps = [s.gap for s in said if s.gap is not None]
    return {
        "gap_p50_s": round(float(np.percentile(gaps, 50)), 3) if gaps else None,
        "gap_p95_s": round(float(np.percentile(gaps, 95)), 3) if gaps else None,
        "ready_at_commit": round(sum(s.ready for s in said) / len(said), 3),
        "unanswered": sum(s.replied is None for s in said),
        "merged": sum(s.merged for s in said),
        "spoken_over": sum(gap < 0 for gap in gaps),
    }


def recorded(path: Path) -> Line:
    """Return a recording of one utterance.

    Raises:
        MeasureError: it is silent.
        AudioFileError: it cannot be read.
    """
    samples = app.speech_in(path)
    if not len(samples) or not np.abs(samples).max() > 0:
        raise MeasureError(f"{path} is silent; give recordings of one utterance each")
    return Line(samples, true_end(samples), path.name)


def spoken(engines: app.Engines, text: str) -> Line:
    """Return a sentence said by our own voice, in a quiet room."""
    speech = engines.voice.synthesize(text, Tone.NEUTRAL)
    sound = soxr.resample(speech.pcm.astype(np.float32) / 32768, speech.rate, SAMPLE_RATE)
    # A room is never digitally silent; -60 dBFS of noise keeps the comparison honest.
    noise = np.random.default_rng(len(text)).normal(0, 1e-3, len(sound))
    samples = (sound + noise).astype(np.float32)
    return Line(samples, true_end(samples), text)


def _sequential(config: Config, lines: Sequence[Line]) -> JsonObject:
    paths = app.model_paths(config)
    plain = Sequential(
        paths["whisper"],
        next(paths["llm"].glob("*.gguf")),
        next(paths["voice"].glob("*.onnx")),
        app.system_prompt(config),
        app.threads(config.mind.threads),
    )
    return _plain_numbers(
        [plain.turn_through(line.samples[: int(line.end_s * SAMPLE_RATE)]) for line in lines]
    )


def _plain_numbers(turns: Sequence[SequentialTurn]) -> JsonObject:
    gaps = [t.gap_s for t in turns]
    return {
        "gap_p50_s": round(float(np.percentile(gaps, 50)), 3),
        "gap_p95_s": round(float(np.percentile(gaps, 95)), 3),
        "cpu_s_per_turn": round(float(np.mean([t.cpu_s for t in turns])), 3),
        "stt_p50_s": round(float(np.percentile([t.stt_s for t in turns], 50)), 3),
    }


async def _talk(
    config: Config, engines: app.Engines, lines: Sequence[Line], stages: Stages, *, realtime: bool
) -> list[Said]:
    from companion.audio.clock import VirtualClock, WallClock
    from companion.audio.files import FileOutput

    clock = WallClock() if realtime else VirtualClock()
    dialogue = Dialogue(lines, clock)
    timed = replace(
        engines,
        ears=TimedEars(engines.ears, stages),
        mind=TimedMind(engines.mind, stages),
        voice=TimedVoice(engines.voice, stages),
    )
    talk = app.build_conversation(
        config, timed, clock, dialogue, FileOutput(None, clock), dialogue.see, in_file=True
    )
    try:
        await talk.run()
    finally:
        clock.close()
    return dialogue.said
