import numpy as np

from companion.conversation.tape import Tape
from companion.domain import FRAME_SAMPLES, Frame


def tape(frames: int, keep_s: float = 300.0) -> Tape:
    tape = Tape(keep_s)
    for index in range(frames):
        tape.add(
            Frame(np.zeros(0, np.int16), (index + 1) * 0.02),
            np.full(FRAME_SAMPLES, index, np.int16),
        )
    return tape


def test_a_stretch_comes_back_as_it_went_in():
    sound = tape(100).between(0.2, 0.3) * 32768
    assert len(sound) == 5 * FRAME_SAMPLES
    assert sound[0] == 10
    assert sound[-1] == 14


def test_what_lies_outside_is_clipped():
    assert len(tape(10).between(-5, 99)) == 10 * FRAME_SAMPLES
    assert len(tape(10).between(3, 4)) == 0
    assert len(Tape().between(0, 1)) == 0


def test_old_sound_is_forgotten():
    kept = tape(1000, keep_s=1.0)
    assert len(kept.between(0, 99)) == 50 * FRAME_SAMPLES
    kept.forget_before(19.9)
    assert len(kept.between(0, 99)) <= 7 * FRAME_SAMPLES
