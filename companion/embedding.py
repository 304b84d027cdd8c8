"""Sentences as vectors: all-MiniLM-L6-v2 (int8, ONNX), mean-pooled; deterministic, one thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelCorruptError, ModelMissingError

Vectors = NDArray[np.float32]
"""Shape (n, 384), rows of length 1."""

MAX_TOKENS: Final = 128
_BATCH: Final = 16
_MARKS: Final = re.compile(r"[^\w\s']")
_SPACE: Final = re.compile(r"\s+")


def plain(text: str) -> str:
    """Return a text as a recogniser without punctuation writes it, so that both mean the same."""
    text = text.lower().replace("’", "'")
    return _SPACE.sub(" ", _MARKS.sub(" ", text)).strip()


class SentenceVectors:
    """Turns texts into vectors."""

    def __init__(self, folder: Path) -> None:
        """Load ``model.onnx`` and ``tokenizer.json``.

        Raises:
            ModelMissingError: one is not there.
            ModelCorruptError: one cannot be read.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        self.name = folder.name
        for file in ("model.onnx", "tokenizer.json"):
            if not (folder / file).is_file():
                raise ModelMissingError(
                    f"{folder / file} is missing; run: companion models pull {folder.name}"
                )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Texts differ in length: an arena would keep room for the longest, and a plan for each.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # neither library has a base class for its errors
            raise ModelCorruptError(
                f"{folder} cannot be read; run: companion models verify"
            ) from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, shape (n, 384)."""
        made = np.zeros((len(texts), 384), np.float32)
        tokens = [e.ids for e in self._tokenizer.encode_batch([plain(t) for t in texts])]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        for first in range(0, len(order), _BATCH):
            rows = order[first : first + _BATCH]
            longest = max(len(tokens[i]) for i in rows)
            ids = np.zeros((len(rows), longest), np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(rows):
                ids[row, : len(tokens[i])] = tokens[i]
                mask[row, : len(tokens[i])] = 1
            (hidden,) = self._session.run(
                None,
                {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)},
            )
            weight = mask[..., None].astype(np.float32)
            pooled = (hidden * weight).sum(1) / weight.sum(1)
            made[rows] = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
        return made


@cache
def sentence_vectors(folder: Path) -> SentenceVectors:
    """Return the loaded model in a folder; the rooms share it. Errors as of ``SentenceVectors``."""
    return SentenceVectors(folder)


__all__ = ["MAX_TOKENS", "SentenceVectors", "Vectors", "plain", "sentence_vectors"]
