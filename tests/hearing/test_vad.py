import numpy as np
import pytest
import soundfile

from companion.domain import FRAME_SAMPLES
from companion.hearing.segments import speech_intervals
from companion.hearing.vad import SpeechDetector


def frames(path):
    pcm, _ = soundfile.read(path, dtype="int16")
    return [pcm[i : i + FRAME_SAMPLES] for i in range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES)]


def test_silence_and_hiss_are_not_speech():
    detector = SpeechDetector()
    rng = np.random.default_rng(0)
    for level in (0, 30, 300):
        heard = [
            detector(rng.normal(0, level + 1e-9, FRAME_SAMPLES).astype(np.int16))
            for _ in range(150)
        ]
        assert max(heard) < 0.5


def test_a_frame_of_another_length_is_refused():
    with pytest.raises(ValueError, match="320"):
        SpeechDetector()(np.zeros(100, np.int16))


def test_real_speech_is_found(test_data):
    path = test_data / "speech" / "librispeech" / "2033-164914-0001.flac"
    detector = SpeechDetector()
    heard = [detector(frame) for frame in frames(path)]
    assert np.mean(np.array(heard) > 0.5) > 0.5
    assert max(heard[:20]) < 0.5  # it begins with half a second of room


def test_pauses_split_a_recording(test_data):
    path = test_data / "speech" / "slow" / "slow_2033-164914-0001.flac"
    sound, _ = soundfile.read(path, dtype="float32")
    found = speech_intervals(sound)
    assert len(found) >= 3  # two long pauses, lengthened to 1.1 and 1.3 s
    assert all(a < b for a, b in found)
    assert abs(found[-1][1] - 6.74) < 0.15  # where the manifest says speech ends


def test_soft_speech_is_still_found(test_data):
    path = test_data / "speech" / "librispeech" / "2033-164914-0001.flac"
    detector = SpeechDetector()
    heard = [detector((frame * 0.05).astype(np.int16)) for frame in frames(path)]
    assert np.mean(np.array(heard) > 0.5) > 0.4
