import numpy as np
import pytest

from companion.audio.clock import VirtualClock
from companion.errors import MeasureError
from companion.events import ReplyFinished, ReplyStarted, TurnCommitted, TurnMerged
from companion.measure.dialogue import Dialogue, Line, true_end
from companion.measure.manifest import read_manifest


def line(seconds: float) -> Line:
    return Line(np.full(round(seconds * 16_000), 0.1, np.float32), seconds)


async def test_the_next_line_waits_for_the_reply_to_end():
    clock = VirtualClock()
    dialogue = Dialogue([line(1.0), line(1.0)], clock, rest_s=0.5)
    loud: list[float] = []
    async for frame in dialogue.frames():
        if np.abs(frame.pcm).max() > 100:
            loud.append(frame.t)
        if abs(frame.t - 2.0) < 0.01:
            dialogue.see(TurnCommitted(frame.t, "Hello.", 1.5, 0.5))
            dialogue.see(ReplyStarted(frame.t, True))
        if abs(frame.t - 4.0) < 0.01:
            dialogue.see(ReplyFinished(frame.t, "Hello."))
            first_done = len(loud)
        if frame.t > 8:
            break
    assert loud[first_done] > 4.5
    said = dialogue.said[0]
    assert said.gap == pytest.approx(0.5, abs=0.03)
    assert said.ready
    assert said.committed == "Hello."
    clock.close()


def test_a_reply_before_the_end_is_spoken_over_and_the_last_one_counts_for_the_delay():
    dialogue = Dialogue([line(3.0)], VirtualClock())
    from companion.measure.dialogue import Said

    dialogue.said.append(Said(line(3.0), 1.0))
    dialogue.see(ReplyStarted(2.5, True))
    dialogue.see(TurnMerged(2.7, "x"))
    dialogue.see(ReplyStarted(4.8, False))
    said = dialogue.said[0]
    assert said.gap == pytest.approx(-1.5)
    assert said.final_gap == pytest.approx(0.8)
    assert said.merged


def test_the_true_end_of_sound_is_found():
    sound = np.zeros(16_000, np.float32)
    sound[2000:9600] = 0.2
    assert true_end(sound) == pytest.approx(0.6, abs=0.02)
    assert true_end(np.zeros(0, np.float32)) == 0.0


def test_a_manifest_is_read_relative_to_itself(tmp_path):
    (tmp_path / "m.csv").write_text("path,end_s\na.wav,1.5\n")
    rows = read_manifest(tmp_path / "m.csv", ("path", "end_s"))
    assert rows[0]["path"] == str(tmp_path / "a.wav")


@pytest.mark.parametrize("text", ["", "path,end_s\n", "path\na.wav\n"])
def test_a_manifest_that_cannot_be_used_says_so(tmp_path, text):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(MeasureError, match=r"m\.csv"):
        read_manifest(tmp_path / "m.csv", ("path", "end_s"))
