"""What the server says it can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    TtsProgram,
    TtsVoice,
    TtsVoiceSpeaker,
)

from companion.domain import Tone

_WHISPER = Attribution("OpenAI, SYSTRAN", "https://github.com/SYSTRAN/faster-whisper")
_PIPER = Attribution("Open Home Foundation", "https://github.com/OHF-Voice/piper1-gpl")
_OURS = Attribution("The companion founders", "")


@dataclass(frozen=True, slots=True)
class Offer:
    """Which models serve."""

    name: str
    """Of the companion."""
    version: str
    language: str
    whisper: str
    voice: str
    llm: str


def describe(offer: Offer, tones: Sequence[Tone] = tuple(Tone)) -> Info:
    """Return the answer to ``describe``; the tones of voice are its speakers."""
    languages = [offer.language]
    return Info(
        asr=[
            AsrProgram(
                name="companion",
                attribution=_OURS,
                installed=True,
                description="Whisper, with checks against words nobody said",
                version=offer.version,
                models=[
                    AsrModel(
                        name=offer.whisper,
                        attribution=_WHISPER,
                        installed=True,
                        description=None,
                        version=None,
                        languages=languages,
                    )
                ],
            )
        ],
        tts=[
            TtsProgram(
                name="companion",
                attribution=_OURS,
                installed=True,
                description="Piper in several tones of voice",
                version=offer.version,
                voices=[
                    TtsVoice(
                        name=offer.voice,
                        attribution=_PIPER,
                        installed=True,
                        description=None,
                        version=None,
                        languages=languages,
                        speakers=[TtsVoiceSpeaker(tone.value) for tone in tones],
                    )
                ],
            )
        ],
        handle=[
            HandleProgram(
                name="companion",
                attribution=_OURS,
                installed=True,
                description=f"{offer.name}: a companion to talk to; controls no devices",
                version=offer.version,
                models=[
                    HandleModel(
                        name=offer.llm,
                        attribution=_OURS,
                        installed=True,
                        description=None,
                        version=None,
                        languages=languages,
                    )
                ],
                supports_handled_streaming=False,
                supports_home_control=False,
            )
        ],
    )


__all__ = ["Offer", "describe"]
