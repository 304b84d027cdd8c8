import numpy as np
import pytest

from companion.domain import Pcm, Speech, SpokenWord
from companion.voice.player import Player

RATE = 22_050


class TapeOutput:
    """An output on a clock that the test moves."""

    def __init__(self, rate: int = 48_000) -> None:
        self.rate = rate
        self.now = 0.0
        self.tape: list[Pcm] = []
        self._end = 0.0

    def write(self, pcm: Pcm) -> None:
        self.tape.append(pcm)
        self._end = max(self._end, self.now) + len(pcm) / self.rate

    def cut(self) -> None:
        self._end = min(self._end, self.now)

    def pending(self) -> float:
        return max(0.0, self._end - self.now)

    def reference(self, until: float) -> Pcm:
        return np.zeros(320, np.int16)

    def close(self) -> None:
        pass

    @property
    def sound(self) -> Pcm:
        return np.concatenate(self.tape)


@pytest.fixture
def output() -> TapeOutput:
    return TapeOutput()


def speech(text: str, *, pause: float = 0.0, rate: int = RATE) -> Speech:
    """One second a word: it sounds for 0.8 s and 0.2 s are silent."""
    words = text.split()
    pcm = np.full(len(words) * rate, 1000, np.int16)
    timed = tuple(SpokenWord(word, k, k + 0.8) for k, word in enumerate(words))
    return Speech(text, pcm, rate, timed, pause)


@pytest.mark.parametrize(
    ("at", "heard"),
    [
        (0.0, ""),
        (0.5, ""),
        (0.8, "One"),
        (1.7, "One"),
        (1.8, "One two."),
        (2.85, "One two. Three"),
        (9.0, "One two. Three four."),
    ],
)
def test_only_words_that_have_sounded_were_heard(output: TapeOutput, at: float, heard: str) -> None:
    player = Player(output)
    player.begin()
    player.play(speech("One two."))
    player.play(speech("Three four."))
    output.now = at
    assert player.heard() == heard
    assert player.stop() == heard
    assert not player.busy()


def test_the_pause_between_sentences_is_the_one_asked_for(output: TapeOutput) -> None:
    player = Player(output)
    player.begin()
    player.play(speech("One.", pause=0.5))
    player.play(speech("Two."))
    assert player.remaining() == pytest.approx(2.5, abs=0.01)
    output.now = 2.35
    assert player.heard() == "One. Two."
    output.now = 2.2
    assert player.heard() == "One."


def test_no_pause_is_added_when_the_output_had_run_dry(output: TapeOutput) -> None:
    player = Player(output)
    player.begin()
    player.play(speech("One.", pause=0.5))
    output.now = 3.0
    player.play(speech("Two."))
    assert player.remaining() == pytest.approx(1.0, abs=0.01)
    assert player.heard() == "One."
    output.now = 3.85
    assert player.heard() == "One. Two."


def test_a_new_reply_has_not_been_heard(output: TapeOutput) -> None:
    player = Player(output)
    player.begin()
    player.play(speech("Old words."))
    output.now = 0.9
    player.begin()
    player.play(speech("New words."))
    assert player.heard() == ""
    output.now = 2.85
    assert player.heard() == "New"


def test_a_stopped_reply_leaves_no_trace_in_the_next(output: TapeOutput) -> None:
    player = Player(output)
    player.begin()
    player.play(speech("One two three."))
    output.now = 1.0
    assert player.stop() == "One"
    player.begin()
    player.play(speech("Four."))
    assert player.heard() == ""
    output.now = 1.85
    assert player.heard() == "Four."


def test_an_earcon_is_no_word_but_takes_its_time(output: TapeOutput) -> None:
    player = Player(output)
    player.begin()
    player.signal("thinking")
    length = player.remaining()
    assert 0.1 < length < 0.4
    player.play(speech("Here."))
    output.now = 0.8
    assert player.heard() == ""
    output.now = length + 0.8
    assert player.heard() == "Here."
    with pytest.raises(ValueError, match="no_such"):
        player.signal("no_such")


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_speech_is_resampled_to_the_output(rate: int) -> None:
    output = TapeOutput(rate)
    player = Player(output)
    t = np.arange(RATE) / RATE
    tone = (8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    player.play(Speech("Hum", tone, RATE, (SpokenWord("Hum", 0, 1),)))
    assert len(output.sound) == pytest.approx(rate, rel=0.001)
    spectrum = np.abs(np.fft.rfft(output.sound.astype(float)))
    assert np.argmax(spectrum) * rate / len(output.sound) == pytest.approx(440, abs=2)


def test_silence_is_not_played(output: TapeOutput) -> None:
    player = Player(output)
    player.play(Speech("", np.zeros(0, np.int16), RATE))
    assert not player.busy()
    assert output.tape == []
