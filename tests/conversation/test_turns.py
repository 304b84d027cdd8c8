from hypothesis import given
from hypothesis import strategies as st

from companion.conversation.turns import Began, Complete, Paused, Resumed, TurnMachine


def feed(machine, spans, length, wait=None, **options):
    """Run the machine over (start, end) spans of speech; return (t, signal) pairs."""
    out = []
    for index in range(1, round(length / 0.02) + 1):
        t = index * 0.02
        probability = 1.0 if any(a < t <= b for a, b in spans) else 0.0
        for signal in machine.step(t, probability, **options):
            out.append((round(t, 2), signal))
            if isinstance(signal, Paused) and wait is not None:
                machine.be_patient(wait)
    return out


def test_a_turn_begins_pauses_and_completes():
    out = feed(TurnMachine(), [(1, 2)], 4, wait=0.7)
    kinds = [type(s) for _, s in out]
    assert kinds == [Began, Paused, Complete]
    assert abs(out[0][1].t - 1.0) < 0.04
    assert out[1][0] - 2.0 <= 0.24
    assert abs(out[2][1].wait_s - 0.7) < 0.03


def test_a_click_is_no_beginning():
    assert feed(TurnMachine(), [(1, 1.03)], 3, wait=0.5) == []


def test_speech_that_goes_on_is_resumed_with_the_length_of_the_pause():
    out = feed(TurnMachine(), [(1, 2), (2.6, 3)], 5, wait=1.0)
    resumed = [s for _, s in out if isinstance(s, Resumed)]
    assert len(resumed) == 1
    assert abs(resumed[0].pause_s - 0.6) < 0.06
    assert sum(isinstance(s, Complete) for _, s in out) == 1


def test_without_the_words_no_turn_completes():
    assert not any(isinstance(s, Complete) for _, s in feed(TurnMachine(), [(1, 2)], 9))


def test_no_wait_is_shorter_or_longer_than_the_limits():
    for asked, got in ((0.0, 0.45), (99.0, 2.6)):
        out = feed(TurnMachine(), [(1, 2)], 6, wait=asked)
        assert abs(out[-1][1].wait_s - got) < 0.03


def test_a_turn_stays_open_a_second_for_a_reply_that_is_not_ready():
    out = feed(TurnMachine(), [(1, 2)], 6, wait=0.5, ready=False)
    complete = out[-1][1]
    assert abs(complete.wait_s - 1.5) < 0.03
    assert abs(complete.due_s - 0.5) < 0.01


def test_over_the_voice_an_onset_must_be_surer_and_longer():
    quick = feed(TurnMachine(), [(1, 1.1)], 2)
    assert [type(s) for _, s in quick][:1] == [Began]
    assert feed(TurnMachine(), [(1, 1.1)], 2, over_voice=True) == []
    assert feed(TurnMachine(), [(1, 1.2)], 2, over_voice=True, converging=True) == []
    assert feed(TurnMachine(), [(1, 2)], 3, over_voice=True, converging=True)


def test_a_person_is_heard_over_the_voice_within_a_fifth_of_a_second():
    out = feed(TurnMachine(), [(1, 2)], 3, over_voice=True)
    assert out[0][0] - 1.0 <= 0.2


def test_certainty_tells_speech_from_what_merely_opened_a_turn():
    sure, unsure = TurnMachine(), TurnMachine()
    for index in range(1, 60):
        sure.step(index * 0.02, 0.97)
        unsure.step(index * 0.02, 0.6)
    assert sure.certainty == 1.0
    assert unsure.certainty == 0.0


@given(st.lists(st.floats(0, 1), max_size=400))
def test_signals_always_come_in_a_possible_order(probabilities):
    machine = TurnMachine()
    open_turn = paused = False
    for index, probability in enumerate(probabilities):
        for signal in machine.step(index * 0.02, probability):
            match signal:
                case Began():
                    assert not open_turn
                    open_turn, paused = True, False
                case Paused():
                    assert open_turn
                    assert not paused
                    paused = True
                    machine.be_patient(0.5)
                case Resumed():
                    assert paused
                    assert signal.pause_s >= 0
                    paused = False
                case Complete():
                    assert paused
                    assert signal.began <= signal.heard_until
                    open_turn = False
    assert machine.speaking == open_turn
