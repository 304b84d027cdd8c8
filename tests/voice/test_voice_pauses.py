"""Pauses inside a sentence, and the times that follow them."""

from __future__ import annotations

import numpy as np
import pytest
from support.synthetic_voice import RATE, hiss, silence, vowel

from companion.domain import Samples
from companion.voice.align import Phone
from companion.voice.pauses import stretched


def said(pause: float, mark: str = ",") -> tuple[Samples, list[Phone]]:
    """Two words with a pause between; the second is cut by the closure of a t."""
    sound = [vowel(100, 0.5), silence(pause), vowel(110, 0.3), silence(0.09), vowel(110, 0.3)]
    ends = np.cumsum([len(part) / RATE for part in sound]).tolist()
    phones = [
        Phone("a", 0.0, ends[0]),
        Phone(mark, ends[0], ends[1] - 0.02),
        Phone(" ", ends[1] - 0.02, ends[1]),
        Phone("o", ends[1], ends[2]),
        Phone("t", ends[2], ends[3]),
        Phone("o", ends[3], ends[4]),
        Phone(".", ends[4], ends[4]),
    ]
    return np.concatenate(sound), phones


def onset(samples: Samples, after: float) -> float:
    """Return when sound begins after some moment, seconds."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return float(loud[loud > after * RATE][0] / RATE)


@pytest.mark.parametrize("factor", [0.6, 0.85, 1.4, 2.0])
def test_a_comma_lasts_as_long_as_asked_and_the_words_follow(factor: float) -> None:
    plain, phones = said(0.2)
    shaped, timed = stretched(plain, phones, RATE, factor)
    longer = (len(shaped) - len(plain)) / RATE
    assert longer == pytest.approx(0.2 * (factor - 1), abs=0.03)
    assert [phone.symbol for phone in timed] == [phone.symbol for phone in phones]
    assert timed[0] == phones[0]
    for old, new in zip(phones[3:], timed[3:], strict=True):
        assert new.start - old.start == pytest.approx(longer, abs=0.001)
        assert new.end - old.end == pytest.approx(longer, abs=0.001)
    assert onset(shaped, 0.55) - onset(plain, 0.55) == pytest.approx(longer, abs=0.001)


def test_the_closure_of_a_consonant_is_not_a_pause() -> None:
    plain, phones = said(0.2, mark=" ")
    shaped, timed = stretched(plain, phones, RATE, 2.0)
    assert len(shaped) == len(plain)
    assert timed == phones


def test_pauses_have_a_shortest_and_a_longest() -> None:
    for pause, factor, wanted in ((0.08, 0.1, 0.06), (0.5, 3.0, 0.7), (0.9, 3.0, 0.9)):
        plain, phones = said(pause)
        shaped, _ = stretched(plain, phones, RATE, factor)
        assert (len(shaped) - len(plain)) / RATE == pytest.approx(wanted - pause, abs=0.03)


def test_no_silence_nothing_to_stretch() -> None:
    plain, phones = said(0.2)
    noisy = plain + hiss(len(plain) / RATE, 0.05)[: len(plain)]
    shaped, timed = stretched(noisy, phones, RATE, 2.0)
    assert (shaped == noisy).all()
    assert timed == phones


def test_a_cut_in_the_noise_of_a_pause_does_not_click() -> None:
    plain, phones = said(0.3)
    noisy = plain + hiss(len(plain) / RATE, 0.0005)[: len(plain)]
    for factor in (0.5, 2.0):
        shaped, _ = stretched(noisy, phones, RATE, factor)
        slopes = np.abs(np.diff(shaped.astype(float)))
        assert slopes.max() <= np.abs(np.diff(noisy.astype(float))).max() + 1e-6
        assert len(shaped) != len(noisy)


@pytest.mark.parametrize("phones", [[], [Phone("a", 0.0, 0.5)], [Phone(",", 0.0, 0.1)]])
def test_too_little_to_go_by_changes_nothing(phones: list[Phone]) -> None:
    plain, _ = said(0.2)
    shaped, timed = stretched(plain, phones, RATE, 2.0)
    assert shaped is plain
    assert timed == phones
