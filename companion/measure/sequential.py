"""The plain pipeline everyone builds first, with the same models: what bench compares with.

Wait for 0.7 s of silence, transcribe with stock faster-whisper (beam 1), stream the answer from
llama-cpp-python's chat API, synthesise sentence by sentence with stock Piper.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.domain import SAMPLE_RATE, Samples

END_SILENCE_S: Final = 0.7
"""The fixed end-of-turn silence of most voice loops."""

_MAX_TOKENS: Final = 60


@dataclass(frozen=True, slots=True)
class SequentialTurn:
    """One turn through the plain pipeline."""

    gap_s: float
    """End of speech to the first sound."""
    cpu_s: float
    """CPU seconds of the whole process."""
    stt_s: float
    first_sentence_s: float
    tts_s: float


class Sequential:
    """The plain pipeline.

    Args:
        whisper: folder of the CTranslate2 model.
        llm: path of the GGUF file.
        voice: path of the Piper ``.onnx`` file.
        system: system prompt.
        threads: for Whisper and the language model.
    """

    def __init__(self, whisper: Path, llm: Path, voice: Path, system: str, threads: int) -> None:
        from faster_whisper import WhisperModel
        from llama_cpp import Llama
        from piper import PiperVoice

        self._whisper = WhisperModel(
            str(whisper), device="cpu", compute_type="int8", cpu_threads=threads
        )
        self._llm: Any = Llama(
            str(llm), n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False
        )
        self._voice = PiperVoice.load(str(voice))
        self._system = system
        self.turn_through(np.zeros(SAMPLE_RATE, np.float32))  # warm, like a running service

    def turn_through(self, samples: Samples) -> SequentialTurn:
        """Answer one utterance: 16 kHz mono, ending where the speech ends."""
        began, cpu = time.perf_counter(), time.process_time()
        segments, _ = self._whisper.transcribe(samples, language="en", beam_size=1)
        text = " ".join(segment.text.strip() for segment in segments)
        heard = time.perf_counter()
        first_text: float | None = None
        first_sound: float | None = None
        pending = ""
        stream = self._llm.create_chat_completion(
            [{"role": "system", "content": self._system}, {"role": "user", "content": text}],
            max_tokens=_MAX_TOKENS,
            stream=True,
        )
        for chunk in stream:
            pending += chunk["choices"][0]["delta"].get("content") or ""
            while match := re.search(r"[.!?](?=\s|$)", pending):
                sentence, pending = pending[: match.end()], pending[match.end() :]
                first_text = first_text or time.perf_counter()
                self._say(sentence)
                first_sound = first_sound or time.perf_counter()
        if pending.strip() or first_sound is None:
            first_text = first_text or time.perf_counter()
            self._say(pending)
            first_sound = first_sound or time.perf_counter()
        assert first_text is not None
        return SequentialTurn(
            END_SILENCE_S + first_sound - began,
            time.process_time() - cpu,
            heard - began,
            first_text - heard,
            first_sound - first_text,
        )

    def _say(self, sentence: str) -> None:
        for _ in self._voice.synthesize(sentence.strip() or "."):
            pass
