"""Enrolment and calibration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hearing.speakers.conftest import Voices

from companion.errors import SpeakerError
from companion.hearing.speakers.background import Background, default_path, load, save
from companion.hearing.speakers.calibration import Clip, calibrate, equal_error_rate
from companion.hearing.speakers.enrolment import from_bytes, make_print, pieces, to_bytes
from companion.hearing.speakers.nouns import Taken, Voiceprint

SAID = dict.fromkeys(("person_id", "name", "device"), "x") | {"model": "net", "at": 1.0}


def enrol(taken: list[Taken]) -> Voiceprint:
    return make_print(taken, **SAID)  # type: ignore[arg-type]


def test_recordings_are_cut_into_pieces_of_about_four_seconds() -> None:
    cut = pieces(np.zeros(16_000 * 21, np.float32))
    assert [len(part) for part in cut] == [67_200] * 5
    assert [len(part) for part in pieces(np.zeros(100, np.float32))] == [100]
    assert pieces(np.zeros(0, np.float32)) == []


def test_a_minute_of_one_person_makes_a_print(voices: Voices) -> None:
    made = enrol([Taken((voices.voice("Margaret", 3.5),)) for _ in range(15)])
    assert made.centroids.shape == (15, 192)
    assert made.seconds == pytest.approx(52.5)
    assert np.allclose(np.linalg.norm(made.centroids, axis=1), 1, atol=1e-5)


def test_a_word_from_somebody_else_is_left_out(voices: Voices) -> None:
    own = [Taken((voices.voice("Margaret"),)) for _ in range(10)]
    made = enrol([*own, Taken((voices.voice("nurse"),)), Taken(())])
    assert made.centroids.shape == (10, 192)


def test_too_little_speech_or_two_people_make_none(voices: Voices) -> None:
    few = [Taken((voices.voice("Margaret"),)) for _ in range(3)]
    with pytest.raises(SpeakerError, match="only 12 s of speech"):
        enrol(few)
    with pytest.raises(SpeakerError, match="only 0 s"):
        enrol([])
    both = [Taken((voices.voice(name),)) for name in ("Margaret", "nurse") * 6]
    with pytest.raises(SpeakerError, match="more than one person"):
        enrol(both)


def test_a_print_is_stored_and_read_back(voices: Voices) -> None:
    rows = voices.print("Margaret").centroids
    assert np.array_equal(from_bytes(to_bytes(rows)), rows)
    for broken in (b"", b"\x00\x00\x00\x00", b"\x03\x00\x00\x00abc", to_bytes(rows * np.nan)):
        with pytest.raises(SpeakerError, match="enrol that person again"):
            from_bytes(broken)


def _clips(voices: Voices, people: int = 8) -> list[Clip]:
    return [
        Clip(f"p{n}", style, voices.vector(f"p{n}", 0.8), 4.0, disguised)
        for n in range(people)
        for style in ("calm", "sad", "angry", "happy")
        for disguised in (False,) * 6 + (True,) * 2
    ]


def test_a_background_is_learned_and_tells_people_apart(voices: Voices, tmp_path: Path) -> None:
    background, report = calibrate(_clips(voices), "net")
    assert report["eer"] < 0.02
    assert report["wrong_accept"] <= 0.01
    assert 0 <= background.refuse <= background.accept <= 1
    again, _ = calibrate(_clips(Voices()), "net")
    assert np.allclose(again.weights, background.weights)
    save(background, tmp_path / "b" / "background.npz")
    read = load(tmp_path / "b" / "background.npz")
    assert (read.model, read.accept, read.refuse) == ("net", background.accept, background.refuse)
    assert np.allclose(read.cohort, background.cohort, atol=1e-3)


def test_too_few_people_teach_nothing(voices: Voices) -> None:
    with pytest.raises(SpeakerError, match="at least six people"):
        calibrate(_clips(voices, 3), "net")


def test_equal_error_rate() -> None:
    assert equal_error_rate(np.array([0.8, 0.9]), np.array([0.1, 0.2])) == 0.0
    assert equal_error_rate(np.array([0.1, 0.9]), np.array([0.2, 0.8])) == pytest.approx(0.5)


def test_a_broken_background_names_the_command(tmp_path: Path) -> None:
    for content in (None, b"no numbers"):
        path = tmp_path / "b.npz"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SpeakerError, match="companion train speakers"):
            load(path)


def test_the_shipped_background_is_whole_and_small() -> None:
    background = load()
    assert background.model == "campplus-zh-en"
    assert background.nuisance.shape[0] == background.cohort.shape[1] == 192
    assert np.allclose(background.nuisance.T @ background.nuisance, np.eye(5), atol=1e-4)
    assert 0 < background.refuse < background.accept < 1
    assert default_path().stat().st_size < 200_000


def test_a_voice_without_length_is_unlike_everybody(background: Background) -> None:
    features = background.features(np.eye(3, 192), np.zeros((1, 192)), np.array([4.0]))
    assert features.tolist() == [[0.0, 0.0, 1.0]]
