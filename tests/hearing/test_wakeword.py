import numpy as np
import pytest

from companion.errors import ConfigError
from companion.hearing.wakeword import WakewordListener


def test_an_unknown_wakeword_names_the_nearest():
    with pytest.raises(ConfigError, match="hey_jarvis"):
        WakewordListener("hey_jervis")
    with pytest.raises(ConfigError, match="does not exist"):
        WakewordListener("/nowhere/model.json")


@pytest.mark.real
def test_the_phrase_is_heard_once_and_other_words_are_not(engines):
    import soxr

    from companion.domain import FRAME_SAMPLES, Tone

    listener = WakewordListener("hey_jarvis")
    assert listener.phrase

    def count(text: str) -> int:
        speech = engines.voice.synthesize(text, Tone.NEUTRAL)
        sound = soxr.resample(speech.pcm.astype(np.float32), speech.rate, 16_000)
        pcm = np.concatenate([np.zeros(16_000), sound, np.zeros(24_000)]).astype(np.int16)
        return sum(
            listener.heard(pcm[i : i + FRAME_SAMPLES])
            for i in range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES)
        )

    assert count("Hey Jarvis.") == 1
    assert count("The weather is lovely today, is it not?") == 0
    assert count("Hey Jarvis.") == 1
