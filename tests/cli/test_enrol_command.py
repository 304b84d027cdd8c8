"""``companion people enrol`` and ``forget-voice``."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from companion import app as house
from companion.cli import main as cli
from companion.config import load_config
from companion.domain import Samples
from companion.errors import SpeakerError
from companion.hearing.speakers.nouns import Taken, Voice
from companion.storage import consents, people
from companion.storage.voiceprints import prints

Call = Callable[..., tuple[int, str, str]]


class FakeWorker:
    """Hears one voice in everything."""

    def __init__(self) -> None:
        self.closed = False

    def take_apart(self, samples: Samples) -> Taken:
        voice = np.eye(1, 192, dtype=np.float32)[0]
        return Taken((Voice(voice, len(samples) / 16_000),))

    def close(self) -> None:
        self.closed = True


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    fake = FakeWorker()
    monkeypatch.setattr(house, "load_speaker_worker", lambda _: fake)
    return fake


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name in ("COMPANION_PASSPHRASE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "config" / "companion" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'state_dir = "{tmp_path / "state"}"\n[persona]\nperson = "Margaret"\n')

    def run(*words: str, answer: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["companion", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO() if answer is None else Keyboard(answer))
        code = cli.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


@pytest.fixture
def wav(tmp_path: Path) -> str:
    path = tmp_path / "said.wav"
    soundfile.write(path, np.full(16_000 * 30, 0.1, np.float32), 16_000)
    return str(path)


def kept() -> list[tuple[str, str, int]]:
    database = house.open_storage(load_config())
    with database.read() as connection:
        found = [(one.name, one.device, one.seconds) for one in prints(connection)]
    database.close()
    return found


def agreed() -> bool | None:
    database = house.open_storage(load_config())
    with database.read() as connection:
        person = people.find_person(connection, "Margaret")
        assert person is not None
        word = consents.current(connection, person.id, "voiceprint")
    database.close()
    return None if word is None else word.granted


def test_consent_is_asked_for_and_a_yes_enrols(call: Call, worker: FakeWorker, wav: str) -> None:
    code, out, _ = call("people", "enrol", "owner", "--from", wav, wav, answer="y\n")
    assert code == 0
    assert "do you agree?" in out
    assert "Margaret: enrolled from 60 s of speech through files" in out
    assert "enabled = true" in out
    assert kept() == [("Margaret", "files", 60)]
    assert agreed() is True
    assert worker.closed


def test_a_no_is_kept_and_nothing_is_learned(call: Call, worker: FakeWorker, wav: str) -> None:
    code, _, err = call("people", "enrol", "Margaret", "--from", wav, answer="n\n")
    assert code == SpeakerError.exit_code
    assert "does not agree" in err
    assert agreed() is False
    assert kept() == []


def test_nobody_at_the_keyboard_is_no_consent(call: Call, worker: FakeWorker, wav: str) -> None:
    code, _, err = call("people", "enrol", "Margaret", "--from", wav)
    assert code == SpeakerError.exit_code
    assert "companion data consent give voiceprint" in err
    assert call("data", "consent", "give", "voiceprint")[0] == 0
    assert call("people", "enrol", "Margaret", "--from", wav, "--device", "kitchen")[0] == 0
    assert kept() == [("Margaret", "kitchen", 30)]


def test_forgetting_takes_the_consent_with_it(call: Call, worker: FakeWorker, wav: str) -> None:
    call("people", "enrol", "Margaret", "--from", wav, answer="y\n")
    assert "1 voiceprints: companion people forget-voice NAME" in call("data", "show")[1]
    code, out, _ = call("people", "forget-voice", "Margaret")
    assert (code, out) == (0, "Margaret: 1 voiceprints forgotten\n")
    assert kept() == []
    assert agreed() is False


def test_bad_input_gives_one_line(call: Call, worker: FakeWorker, tmp_path: Path, wav: str) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, np.zeros(16_000 * 5, np.float32), 16_000)
    call("data", "consent", "give", "voiceprint")
    for words, text in (
        (("enrol", "nobody", "--from", wav), "nobody here is called nobody"),
        (("enrol", "Margaret", "--from", str(tmp_path / "no.wav")), "no.wav"),
        (("enrol", "Margaret", "--from", str(short)), "only 5 s of speech"),
        (("forget-voice", "nobody"), "nobody here is called nobody"),
    ):
        code, out, err = call("people", *words)
        assert code != 0
        assert not out
        assert text in err
        assert err.count("\n") == 1


def test_without_the_extra_it_says_so(
    call: Call, wav: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.app.knowing.extra_installed", lambda: False)
    code, _, err = call("people", "enrol", "Margaret", "--from", wav, answer="y\n")
    assert code == SpeakerError.exit_code
    assert "needs the extra 'speakers'" in err
