"""Is somebody speaking? A cheap gate, then a neural opinion.

webrtcvad opens the gate on anything voice-like; only then does Silero VAD v6 (the ONNX file
that ships inside faster-whisper) give the probability that counts. On an idle evening the
network hardly ever runs.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import webrtcvad
from faster_whisper.utils import get_assets_path
from numpy.typing import NDArray

from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Pcm
from companion.errors import ModelCorruptError

CHUNK: Final = 512
"""Samples Silero judges at once at 16 kHz: 32 ms (fixed by the network)."""

_CONTEXT: Final = 64
"""Samples of the previous chunk the v5/v6 network wants in front."""

_GATE_MODE: Final = 1
"""webrtcvad aggressiveness 0-3; low, since the gate must not lose soft voices."""

_GATE_OPEN_S: Final = 0.6
"""The gate stays open this long after the last voice-like frame."""

_WARM_UP_CHUNKS: Final = 8
"""Chunks replayed when the gate opens, so the network's memory is not cold."""


class SileroVad:
    """The network alone: 512 samples in, probability of speech out; keeps state between calls."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        path = Path(get_assets_path()) / "silero_vad_v6.onnx"
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelCorruptError(
                "the speech detector inside faster-whisper cannot be loaded; "
                "reinstall with: pip install --force-reinstall faster-whisper"
            ) from error
        self.reset()

    def reset(self) -> None:
        """Forget what was heard before."""
        self._h: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._c: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._tail: NDArray[np.float32] = np.zeros(_CONTEXT, np.float32)

    def __call__(self, chunk: Pcm) -> float:
        """Return the probability of speech, 0-1, in 512 samples at 16 kHz, shape (512,)."""
        sound = chunk.astype(np.float32) / 32768.0
        batch = np.concatenate([self._tail, sound])[None]
        probability, self._h, self._c = self._session.run(
            None, {"input": batch, "h": self._h, "c": self._c}
        )
        self._tail = sound[-_CONTEXT:]
        return float(probability[0])


class SpeechDetector:
    """Probability of speech for each 20 ms frame of a stream."""

    def __init__(self) -> None:
        self._gate = webrtcvad.Vad(_GATE_MODE)
        self._silero = SileroVad()
        self._pending: Pcm = np.zeros(0, np.int16)
        self._recent: deque[Pcm] = deque(maxlen=_WARM_UP_CHUNKS)
        self._open_for = 0.0
        self._voiced: deque[bool] = deque(maxlen=3)
        self._probability = 0.0
        self._was_open = False

    def reset(self) -> None:
        """Forget the stream, for instance after the microphone was away."""
        self._silero.reset()
        self._pending = np.zeros(0, np.int16)
        self._recent.clear()
        self._open_for, self._probability, self._was_open = 0.0, 0.0, False

    def __call__(self, frame: Pcm) -> float:
        """Feed one frame, shape (320,), and return the newest probability, 0-1."""
        if frame.shape != (FRAME_SAMPLES,):
            raise ValueError(f"a frame has {FRAME_SAMPLES} samples, not {frame.shape}")
        self._voiced.append(self._gate.is_speech(frame.tobytes(), SAMPLE_RATE))
        if sum(self._voiced) >= 2:
            self._open_for = _GATE_OPEN_S
        else:
            self._open_for = max(0.0, self._open_for - FRAME_S)
        self._pending = np.concatenate([self._pending, frame])
        while len(self._pending) >= CHUNK:
            chunk, self._pending = self._pending[:CHUNK], self._pending[CHUNK:]
            self._probability = self._judge(chunk)
        return self._probability

    def _judge(self, chunk: Pcm) -> float:
        is_open = self._open_for > 0
        if is_open and not self._was_open:
            self._silero.reset()
            for earlier in self._recent:
                self._silero(earlier)
        self._was_open = is_open
        self._recent.append(chunk)
        return self._silero(chunk) if is_open else 0.0
