"""Listening for one phrase with microWakeWord; the models come inside its package."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from companion.domain import FRAME_S, Pcm
from companion.errors import ConfigError

_DEAF_S: Final = 1.5
"""After a detection the same phrase is still in the model's window; ignore it this long."""


class WakewordListener:
    """True once for every time the phrase is said."""

    def __init__(self, model: str) -> None:
        """Load a packaged model by name, or one from a path to its ``.json``.

        Raises:
            ConfigError: there is no such model.
        """
        names = [m.value for m in Model]
        if model.endswith(".json"):
            if not Path(model).is_file():
                raise ConfigError(f"wakeword model {model} does not exist")
            self._model = MicroWakeWord.from_config(model)
        elif model in names:
            self._model = MicroWakeWord.from_builtin(Model(model))
        else:
            near = difflib.get_close_matches(model, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(names)
            raise ConfigError(f"no wakeword '{model}'; {hint}")
        self._features = MicroWakeWordFeatures()
        self._deaf_s = 0.0

    @property
    def phrase(self) -> str:
        """The phrase, as a person would say it."""
        return str(self._model.wake_word)

    def heard(self, pcm: Pcm) -> bool:
        """Feed a frame, shape (320,) at 16 kHz; True in the frame that completes the phrase."""
        self._deaf_s = max(0.0, self._deaf_s - FRAME_S)
        found = False
        for features in self._features.process_streaming(pcm.tobytes()):
            if self._model.process_streaming(features) and self._deaf_s == 0.0:
                self._deaf_s = _DEAF_S
                found = True
        return found
