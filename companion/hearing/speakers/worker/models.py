"""The two networks as pyannote models: who speaks when, and what a voice is like."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import torch
import torchaudio.compliance.kaldi as kaldi
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.utils.powerset import Powerset
from torch import Tensor

from companion.domain import SAMPLE_RATE
from companion.hearing.speakers.worker.campplus import DIMENSION, MEL_BANDS, CamPlusPlus
from companion.hearing.speakers.worker.trust import SEGMENTATION_SHA256, check

SEGMENTATION_FILE: Final = "pytorch_model.bin"
VOICE_FILE: Final = "campplus_cn_en_common.pt"

WINDOW_S: Final = 10.0
"""What the segmentation network was trained on."""

_FRAME: Final = 400
_HOP: Final = 160
"""Samples: 25 ms every 10 ms."""


class VoiceModel(Model):
    """CAM++ as a pyannote model: (batch, 1, samples) to (batch, 192)."""

    def __init__(self, sample_rate: int = SAMPLE_RATE, num_channels: int = 1) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels)
        self.network = CamPlusPlus()
        self.specifications = Specifications(
            problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=WINDOW_S
        )
        self._energies = partial(
            kaldi.fbank, num_mel_bins=MEL_BANDS, sample_frequency=sample_rate, dither=0.0
        )

    @property
    def dimension(self) -> int:
        """How many numbers describe a voice."""
        return DIMENSION

    def num_frames(self, num_samples: int) -> int:
        """Return how many frames the network sees."""
        return max(0, 1 + (num_samples - _FRAME) // _HOP)

    def receptive_field_size(self, num_frames: int = 1) -> int:
        """Return how many samples make so many frames."""
        return _FRAME + (num_frames - 1) * _HOP

    def receptive_field_center(self, frame: int = 0) -> int:
        """Return the sample in the middle of a frame."""
        return _FRAME // 2 + frame * _HOP

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the voice of each waveform."""
        energies = torch.stack([self._energies(one) for one in waveforms])
        return self.network(energies - energies.mean(dim=1, keepdim=True))


def load_voice_model(folder: Path) -> VoiceModel:
    """Load CAM++ from its published weights."""
    model = VoiceModel()
    weights = torch.load(folder / VOICE_FILE, map_location="cpu", weights_only=True)
    model.network.load_state_dict(weights)
    model.eval()
    return model


class Segmenter:
    """Who speaks when, within windows of ten seconds."""

    def __init__(self, folder: Path) -> None:
        file = check(folder / SEGMENTATION_FILE, SEGMENTATION_SHA256)
        model = Model.from_pretrained(file)
        assert model is not None
        self._model = model
        self._model.eval()
        task = model.specifications
        self._powerset = Powerset(len(task.classes), task.powerset_max_classes)

    def __call__(self, waveform: Tensor) -> Tensor:
        """Return (frames, 3) of 0 and 1: which of up to three people speak in each frame.

        Args:
            waveform: shape (samples,), at most ten seconds.
        """
        short = int(WINDOW_S * SAMPLE_RATE) - len(waveform)
        padded = torch.nn.functional.pad(waveform, (0, max(0, short)))
        active = self._powerset.to_multilabel(self._model(padded[None, None]))[0]
        frames = round(len(active) * len(waveform) / len(padded))
        return active[: max(1, frames)]
