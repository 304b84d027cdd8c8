"""Texts as bags of words and word pairs (hashed tf-idf), beside the sentence vectors.

Sentence vectors know meaning, words know wording: together they err less (docs/measurements.md).
Hashing after Weinberger et al. 2009; sublinear term frequency, smoothed idf.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.embedding import plain

BUCKETS: Final = 16_384
FEWEST_LINES: Final = 2
"""A word or pair must occur in so many taught lines to count."""

Array = NDArray[np.float32]


def terms(text: str) -> Counter[int]:
    """Return how often each word and each pair of words occurs, by bucket."""
    words = plain(text).split()
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    return Counter(zlib.crc32(term.encode()) % BUCKETS for term in (*words, *pairs))


@dataclass(frozen=True)
class WordTable:
    """The taught lines as sparse rows of length 1."""

    weight: Array
    """Shape (BUCKETS,): idf, 0 for what hardly occurs."""
    starts: NDArray[np.int32]
    """Shape (lines,): where each row begins; no row is empty."""
    buckets: NDArray[np.uint16]
    values: Array

    def like(self, text: str) -> Array:
        """Return the cosine with every taught line, shape (lines,)."""
        alike = np.zeros(len(self.starts), np.float32)
        ends, lines, values = self._postings
        for bucket, value in zip(*_row(text, self.weight), strict=True):
            here = slice(ends[bucket], ends[bucket + 1])
            alike[lines[here]] += value * values[here]  # a bucket is once in a line
        return alike

    @cached_property
    def _postings(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """For each bucket the lines it is in, with its values: a text has few buckets."""
        line = np.repeat(
            np.arange(len(self.starts)), np.diff(np.append(self.starts, len(self.buckets)))
        )
        order = np.argsort(self.buckets, kind="stable")
        ends = np.concatenate([[0], np.cumsum(np.bincount(self.buckets, minlength=BUCKETS))])
        return ends, line[order], self.values[order]


def _row(text: str, weight: Array) -> tuple[NDArray[np.uint16], Array]:
    found = {b: n for b, n in terms(text).items() if weight[b] > 0}
    if not found:
        return np.zeros(0, np.uint16), np.zeros(0, np.float32)
    buckets = np.array(sorted(found), np.uint16)
    counts = np.array([found[int(b)] for b in buckets], np.float32)
    values = (1 + np.log(counts)) * weight[buckets]
    return buckets, values / np.linalg.norm(values)


def tabulate(texts: Sequence[str]) -> WordTable:
    """Return the table of the taught lines."""
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(terms(text).keys())
    weight = np.zeros(BUCKETS, np.float32)
    for bucket, count in seen.items():
        if count >= FEWEST_LINES:
            weight[bucket] = np.log((1 + len(texts)) / (1 + count)) + 1
    starts, buckets, values = [], [], []
    at = 0
    for text in texts:
        row = _row(text, weight)
        if not len(row[0]):  # keeps a place for a line without known words
            row = np.zeros(1, np.uint16), np.zeros(1, np.float32)
        starts.append(at)
        at += len(row[0])
        buckets.append(row[0])
        values.append(row[1])
    return WordTable(
        weight,
        np.array(starts, np.int32),
        np.concatenate(buckets),
        np.concatenate(values).astype(np.float32),
    )


__all__ = ["BUCKETS", "WordTable", "tabulate", "terms"]
