from pathlib import Path

import pytest
import soundfile
from typer import Typer
from typer.testing import CliRunner

from companion.cli.say import say
from companion.errors import AudioFileError, ConfigError, ModelMissingError, VoiceError
from companion.voice.piper import PiperSynthesizer

app = Typer()
app.command()(say)


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.real
def test_a_text_becomes_a_wav_file(joe: PiperSynthesizer, tmp_path: Path) -> None:
    target = tmp_path / "hello.wav"
    run("Good morning, dear.", "--to", str(target), "--tone", "calm", "--voice", "joe")
    samples, rate = soundfile.read(target)
    assert rate == joe.rate
    assert 0.8 < len(samples) / rate < 4
    assert abs(samples).max() > 0.1


@pytest.mark.real
def test_a_file_that_cannot_be_written_is_said(joe: PiperSynthesizer, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot write"):
        run("Hello.", "--to", str(tmp_path / "nowhere" / "x.wav"))


@pytest.mark.real
def test_nothing_to_say_is_said(joe: PiperSynthesizer, tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="give it some words"):
        run("...", "--to", str(tmp_path / "x.wav"))


def test_an_unknown_voice_is_said() -> None:
    with pytest.raises(ConfigError, match="did you mean 'joe'"):
        run("Hello.", "--voice", "joes")


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[models]\ndir = "{tmp_path}"\n')
    with pytest.raises(ModelMissingError, match="companion models pull"):
        run("Hello.", "--to", str(tmp_path / "x.wav"), "--config", str(config))
