"""Words to one vector: MiniLM as int8 ONNX, one text at a time, on one thread."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelCorruptError, ModelMissingError

_MAX_TOKENS: Final = 128
"""What MiniLM was trained to read at once."""


class Sentences:
    """all-MiniLM-L6-v2, loaded once."""

    def __init__(self, folder: Path) -> None:
        """Load ``model.onnx`` and ``tokenizer.json``.

        Raises:
            ModelMissingError: a file is not there; names the command that fetches it.
            ModelCorruptError: a file cannot be read.
        """
        import onnxruntime
        import tokenizers

        pull = f"companion models pull {folder.name}"
        for name in ("model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelMissingError(f"{folder / name} is missing; run: {pull}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises a bare Exception
            raise ModelCorruptError(f"{folder.name} cannot be loaded; run: {pull}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def vector(self, text: str) -> NDArray[np.float64]:
        """Return the mean of a text's token vectors, of length 1, shape (384,)."""
        encoded = self._tokenizer.encode(text)
        ids = np.array([encoded.ids], np.int64)
        feeds = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        found = self._session.run(
            None, {name: value for name, value in feeds.items() if name in self._inputs}
        )[0]
        mean = np.asarray(found[0], np.float64)
        if mean.ndim == 2:
            mean = mean.mean(axis=0)
        return np.asarray(mean / max(1e-9, float(np.linalg.norm(mean))))
