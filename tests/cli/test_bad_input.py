"""Everything a person can get wrong, through the command itself: one clear line, right exit code.

Exit codes are those of companion/errors.py. What can be repaired is answered all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from support.fake_llm import FakeLlm
from support.person import likeness
from support.pulse import PulseRoom, why_not

from companion import app
from companion.config import Config
from companion.domain import SAMPLE_RATE, Pcm, Tone
from companion.errors import ModelError

CONFIG_ERROR, AUDIO_ERROR, MODEL_ERROR = 2, 3, 4
SAID = "My daughter is coming to visit me on Sunday."
HOUR_CPU_S = 240.0
STARTING_CPU_S = 60.0
"""An hour of silence must be far quicker than an hour; a test machine may be slow and busy."""
MODELS = {
    "whisper-tiny.en": "model.bin",
    "smollm2-135m": "SmolLM2-135M-Instruct.Q4_1.gguf",
    "piper-joe-medium": "en_US-joe-medium.onnx",
}


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str
    cpu_s: float = 0.0
    rss_mb: float = 0.0


def companion(*words: str | Path, env: dict[str, str] | None = None, seconds: float = 90) -> Done:
    process = subprocess.Popen(
        [sys.executable, "-m", "companion", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_CONFIG_HOME": "/nonexistent"} | (env or {}),
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"still running after {seconds} s: {out}{err}")
    return Done(process.returncode, out, err)


def complains(done: Done, code: int, *fragments: str | Path) -> None:
    """Assert that it said what is wrong in one line and nothing else."""
    assert done.code == code, done
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("companion: "), done.err
    assert "Traceback" not in done.out + done.err
    for fragment in fragments:
        assert str(fragment) in done.err, (fragment, done.err)


@pytest.fixture(scope="module")
def store() -> Path:
    """The folder of the starter models."""
    folder = Config().models.dir
    if not all((folder / name / file).is_file() for name, file in MODELS.items()):
        pytest.skip("starter models are not here; run: companion models pull")
    return folder


@pytest.fixture(scope="module")
def voice() -> Pcm:
    """A sentence, 16 kHz."""
    try:
        speech = app.load_voice(Config()).synthesize(SAID, Tone.NEUTRAL)
    except ModelError as error:
        pytest.skip(f"starter models are not here: {error}")
    return soxr.resample(speech.pcm, speech.rate, SAMPLE_RATE)


@pytest.fixture
def spoken(voice: Pcm, tmp_path: Path) -> Path:
    path = tmp_path / "spoken.wav"
    soundfile.write(path, np.pad(voice, SAMPLE_RATE // 2), SAMPLE_RATE)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a config file that keeps its state in the test's own folder."""

    def write(text: str = "") -> Path:
        path = tmp_path / "c.toml"
        path.write_text(f'state_dir = "{tmp_path / "state"}"\n{text}')
        return path

    return write


def with_one_broken(store: Path, folder: Path, name: str, content: bytes, size: int) -> Path:
    """Return a models folder in which one file is ``content``, as long as ``size``."""
    for model, file in MODELS.items():
        (folder / model).mkdir(parents=True)
        for original in (store / model).iterdir():
            target = folder / model / original.name
            if model == name and original.name == file:
                target.write_bytes(content)
                os.truncate(target, size)
            else:
                target.symlink_to(original)
    return folder


COMMANDS = {
    "whisper-tiny.en": ("listen", "{wav}"),
    "smollm2-135m": ("ask", "Good morning."),
    "piper-joe-medium": ("say", "Good morning.", "--to", "{out}"),
}


def run_with(name: str, config: Path, wav: Path, out: Path) -> Done:
    words = [word.format(wav=wav, out=out) for word in COMMANDS[name]]
    return companion(*words, "--config", config)


# -- models ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_missing_model_names_the_command_that_fetches_it(
    name: str, settings: Callable[[str], Path], tmp_path: Path
) -> None:
    wav = tmp_path / "in.wav"
    soundfile.write(wav, np.zeros(SAMPLE_RATE, np.int16), SAMPLE_RATE)
    config = settings(f'[models]\ndir = "{tmp_path / "none"}"\n')
    done = run_with(name, config, wav, tmp_path / "o.wav")
    complains(done, MODEL_ERROR, f"run: companion models pull {name}")


def test_a_talk_without_models_names_the_command(
    settings: Callable[[str], Path], tmp_path: Path
) -> None:
    wav = tmp_path / "in.wav"
    soundfile.write(wav, np.zeros(SAMPLE_RATE, np.int16), SAMPLE_RATE)
    config = settings(f'[models]\ndir = "{tmp_path / "none"}"\n')
    done = companion("talk", "--from", wav, "--fast", "--config", config)
    complains(done, MODEL_ERROR, "run: companion models pull")


@pytest.mark.real
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("damage", ["truncated", "zeros", "beginning_only"])
def test_a_damaged_model_names_the_command_that_mends_it(
    name: str,
    damage: str,
    store: Path,
    settings: Callable[[str], Path],
    spoken: Path,
    tmp_path: Path,
) -> None:
    original = store / name / MODELS[name]
    size = original.stat().st_size
    with original.open("rb") as file:
        beginning = file.read(1 << 16)
    content, length = {
        "truncated": (beginning, len(beginning)),
        "zeros": (b"", size),
        "beginning_only": (beginning, size),
    }[damage]
    folder = with_one_broken(store, tmp_path / "models", name, content, length)
    config = settings(f'[models]\ndir = "{folder}"\n')
    done = run_with(name, config, spoken, tmp_path / "o.wav")
    complains(done, MODEL_ERROR, f"run: companion models pull {name}")


@pytest.mark.real
def test_verify_finds_a_model_whose_bytes_have_changed(
    store: Path, settings: Callable[[str], Path], tmp_path: Path
) -> None:
    name = "piper-joe-medium"
    data = bytearray((store / name / MODELS[name]).read_bytes())
    data[len(data) // 2] ^= 1
    folder = with_one_broken(store, tmp_path / "models", name, bytes(data), len(data))
    config = settings(f'[models]\ndir = "{folder}"\n')
    done = companion("models", "verify", name, "--config", config)
    assert done.code == MODEL_ERROR
    assert "wrong SHA-256" in done.err
    assert f"companion models pull {name}" in done.err
    assert "Traceback" not in done.err


# -- sound files -------------------------------------------------------------------------


def unusable(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.wav"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("This is a letter, not a sound.\n" * 100)
    elif kind == "folder":
        path.mkdir()
    elif kind == "no_frames":
        soundfile.write(path, np.zeros(0, np.int16), SAMPLE_RATE)
    elif kind == "header_only":
        soundfile.write(path, np.zeros(100, np.int16), SAMPLE_RATE)
        path.write_bytes(path.read_bytes()[:20])
    elif kind == "unreadable":
        path.write_bytes(b"RIFF")
        path.chmod(0)
    return path


@pytest.mark.real
@pytest.mark.parametrize(
    "kind", ["missing", "empty", "text", "folder", "no_frames", "header_only", "unreadable"]
)
@pytest.mark.parametrize("command", ["talk", "listen"])
def test_a_file_that_is_no_sound_is_named(kind: str, command: str, tmp_path: Path) -> None:
    path = unusable(kind, tmp_path)
    if command == "talk":
        done = companion("talk", "--from", path, "--fast")
    else:
        done = companion("listen", path)
    complains(done, AUDIO_ERROR, path)


@pytest.mark.real
def test_any_kind_of_sound_file_is_understood(voice: Pcm, tmp_path: Path) -> None:
    padded = np.pad(voice, SAMPLE_RATE // 2)
    float_48k = soxr.resample(padded.astype(np.float32) / 32768, SAMPLE_RATE, 48_000)
    kinds = {
        "eight_bit.wav": (padded / 32768, SAMPLE_RATE, "PCM_U8"),
        "stereo.wav": (np.stack([padded, np.zeros_like(padded)], axis=1), SAMPLE_RATE, "PCM_16"),
        "studio.wav": (np.stack([float_48k, float_48k], axis=1), 48_000, "PCM_24"),
        "float.wav": (float_48k, 48_000, "FLOAT"),
        "phone.wav": (soxr.resample(padded, SAMPLE_RATE, 8_000), 8_000, "ULAW"),
        "flac.flac": (padded, SAMPLE_RATE, "PCM_16"),
    }
    for name, (data, rate, subtype) in kinds.items():
        soundfile.write(tmp_path / name, data, rate, subtype=subtype)
    done = companion("listen", "--json", *(tmp_path / name for name in kinds))
    assert (done.code, done.err) == (0, "")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [Path(line["file"]).name for line in lines] == list(kinds)
    for line in lines:
        assert likeness(line["text"], SAID) > 0.8, line


@pytest.mark.real
def test_a_quarter_of_an_hour_is_no_more_to_bear_than_a_minute(
    voice: Pcm, settings: Callable[[str], Path], tmp_path: Path
) -> None:
    measured = {}
    for minutes in (1, 15):
        path = tmp_path / f"{minutes}.flac"
        silence = np.zeros(60 * SAMPLE_RATE, np.int16)
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
            for minute in range(minutes):
                file.write(silence)
                if minute == minutes // 2:
                    file.write(voice)
        log = tmp_path / f"{minutes}.jsonl"
        measured[minutes] = measure(
            *("talk", "--from", path, "--to", tmp_path / "o.wav", "--fast"),
            *("--events", log, "--config", settings("")),
        )
        assert measured[minutes].code == 0
        events = [json.loads(line) for line in log.read_text().splitlines()]
        committed = [e for e in events if e["type"] == "turn_committed"]
        assert [likeness(e["text"], SAID) > 0.8 for e in committed] == [True]
        assert sum(e["type"] == "reply_finished" for e in events) == 1
    assert measured[15].rss_mb < 1.05 * measured[1].rss_mb, measured
    assert measured[15].cpu_s < HOUR_CPU_S / 4 + STARTING_CPU_S, measured


def measure(*words: str | Path) -> Done:
    """Run a command; return also its CPU seconds and peak memory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "companion", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Done(process.returncode, "", "", used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


# -- outputs and devices -----------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize("option", ["--to", "--events"])
def test_a_file_that_cannot_be_written_is_named(option: str, spoken: Path, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "folder" / "file"
    done = companion("talk", "--from", spoken, "--fast", option, target)
    complains(done, AUDIO_ERROR if option == "--to" else CONFIG_ERROR, target)


@pytest.mark.real
@pytest.mark.sound
def test_a_speaker_that_is_not_there_is_named(settings: Callable[[str], Path]) -> None:
    if reason := why_not():
        pytest.skip(reason)
    config = settings('[audio]\noutput = "loudspeaker"\n')
    with PulseRoom() as room:
        for command in (("talk",), ("say", "Hello.")):
            done = companion(*command, "--config", config, env=room.env)
            complains(done, AUDIO_ERROR, "no speaker named 'loudspeaker'", "companion devices")


@pytest.mark.real
def test_without_any_speaker_say_says_so(tmp_path: Path) -> None:
    cards = Path("/proc/asound/cards")
    if cards.exists() and "[" in cards.read_text():
        pytest.skip("this machine has a sound card")
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    complains(companion("say", "Hello.", env=nowhere), AUDIO_ERROR, "no speaker found")


# -- settings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("[atention]\nmode = 'name'\n", "did you mean 'attention'?"),
        ("[turns]\nmax_wiat_s = 2\n", "did you mean 'turns.max_wait_s'?"),
        ("[persona\n", "not valid TOML"),
        ("[voice]\nprofile = 'jo'\n", "joe"),
        ("[mind]\nserver = 'my computer'\n", "mind.server"),
    ],
)
@pytest.mark.real
def test_a_mistake_in_the_settings_is_named(
    text: str, fragment: str, spoken: Path, settings: Callable[[str], Path]
) -> None:
    done = companion("talk", "--from", spoken, "--fast", "--config", settings(text))
    complains(done, CONFIG_ERROR, fragment)


@pytest.mark.real
def test_a_state_folder_that_cannot_be_written_does_not_end_the_talk(
    spoken: Path, tmp_path: Path
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('state_dir = "/dev/null/state"\n')
    log = tmp_path / "e.jsonl"
    done = companion("talk", "--from", spoken, "--fast", "--events", log, "--config", config)
    assert (done.code, done.err) == (0, "")
    assert '"reply_finished"' in log.read_text()


# -- the mind ----------------------------------------------------------------------------


@pytest.mark.real
def test_more_words_than_the_model_can_hold_are_answered(settings: Callable[[str], Path]) -> None:
    text = "Then we walked along the river and my sister laughed at the little boats. " * 215
    assert len(text.split()) > 3000
    done = companion("ask", "--json", text, "--config", settings("[mind]\ncontext_tokens = 1024\n"))
    assert (done.code, done.err) == (0, "")
    record = json.loads(done.out)
    assert 2 <= len(record["reply"].split()) < 60
    assert record["seconds"] < 30


@pytest.mark.real
@pytest.mark.parametrize("local", [True, False])
def test_a_server_that_is_down_is_told_and_talked_past(
    local: bool, spoken: Path, settings: Callable[[str], Path], store: Path, tmp_path: Path
) -> None:
    with FakeLlm("") as server:
        url = server.url
    models = store
    if not local:
        models = tmp_path / "models"
        models.mkdir()
        for name in MODELS.keys() - {"smollm2-135m"}:
            (models / name).symlink_to(store / name)
    config = settings(f'[mind]\nserver = "{url}"\n[models]\ndir = "{models}"\n')
    log = tmp_path / "e.jsonl"
    done = companion("talk", "--from", spoken, "--fast", "--events", log, "--config", config)
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    troubles = [e["what"] for e in events if e["type"] == "trouble"]
    assert any("server cannot be reached" in what and url in what for what in troubles), events
    assert any(e["type"] == "reply_finished" and e["heard"] for e in events)
