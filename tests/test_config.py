"""Every setting can be set, is kept, and a mistake in one is a helpful line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from companion.cli.config import to_toml
from companion.config import Config, default_config_path, load_config, parse_config
from companion.errors import ConfigError

OTHER: dict[str, dict[str, Any]] = {
    "": {"state_dir": "/tmp/elsewhere"},
    "persona": {"name": "Åsa", "aliases": ["Osa"], "person": "Ingrid", "language": "sv"},
    "audio": {
        "input": "USB",
        "output": 3,
        "echo_cancellation": False,
        "silent_after_s": 9.0,
    },
    "hearing": {"whisper": "whisper-base", "language": "de", "threads": 3, "device": "cuda"},
    "speakers": {"enabled": True, "assume_owner": True, "idle_s": 60.0},
    "emotion": {"enabled": False},
    "turns": {
        "draft_after_s": 0.3,
        "min_wait_s": 0.6,
        "max_wait_s": 3.5,
        "cut_off_risk": 0.1,
        "merge_window_s": 0.0,
    },
    "attention": {"mode": "push", "engaged_s": 20.0, "wakeword": "hey_jarvis", "earcons": False},
    "mind": {
        "llm": "big",
        "server": "http://10.0.0.2:8080/v1",
        "server_model": "qwen",
        "server_timeout_s": 3.0,
        "threads": 2,
        "gpu_layers": 0,
        "context_tokens": 4096,
        "seed": 7,
    },
    "voice": {"profile": "anna", "pace": 0.8, "follow_pace": False, "volume_db": -3.0},
    "models": {"profile": "pc", "dir": "/srv/models"},
    "safety": {
        "region": "de",
        "fall_countdown_s": 10.0,
        "notice_every_h": 1.0,
        "embedding": "mine",
    },
    "alerts": {
        "enabled": False,
        "details": True,
        "acknowledge_within_s": 300.0,
        "per_hour": 3,
        "listen": "127.0.0.1:8477",
        "link_base": "https://molly.example.org",
    },
    "checkins": {
        "enabled": False,
        "morning": "07:30",
        "evening": "20:00",
        "quiet_from": "22:15",
        "quiet_to": "06:45",
        "most_a_day": 2,
        "timezone": "Europe/Berlin",
    },
    "evening": {"at": "20:30", "ask_first": False, "link": "https://molly.example.org"},
    "hub": {
        "url": "mqtts://hub.example.org:8883",
        "ca": "/etc/companion/ca.pem",
        "device": "room-12",
        "secret_file": "/etc/companion/device.json",
        "health_every_s": 60.0,
    },
    "mute": {"button": True, "minutes": 30.0},
    "control": {"socket": "/run/companion/control.sock"},
    "home": {
        "url": "mqtts://home.example.org:8883",
        "user": "molly",
        "password_file": "/etc/companion/mqtt",
        "ca": "/etc/companion/home.pem",
        "prefix": "ha",
        "insecure": True,
    },
    "wyoming": {
        "stt": "tcp://10.0.0.2:10300",
        "tts": "tcp://10.0.0.2:10200",
        "timeout_s": 3.0,
    },
    "storage": {
        "url": "postgresql://home/companion",
        "key_file": "/etc/companion/key",
        "transcripts_days": 3.0,
        "mood_days": 30.0,
        "summaries_days": 30.0,
        "safety_days": 30.0,
        "audit_days": 30.0,
    },
    "care": {
        "host": "0.0.0.0",
        "port": 8500,
        "hosts": ["molly.example.org"],
        "proxy": True,
        "certificate": "/etc/companion/care.pem",
        "certificate_key": "/etc/companion/care.key",
        "session_h": 24.0,
        "idle_min": 30.0,
    },
    "service": {
        "post": True,
        "health_file": "/run/companion/health.json",
        "backups": "/var/backups/companion",
        "backups_kept": 3,
        "log": "json",
        "metrics_port": 9464,
        "light": "/sys/class/leds/ACT",
    },
}
"""For every setting a value that is not its default."""

SECTIONS = [name for name in OTHER if name]
SETTINGS = [(section, key) for section, keys in OTHER.items() for key in keys]


def tree(section: str, key: str, value: Any) -> dict[str, Any]:
    return {section: {key: value}} if section else {key: value}


def read(config: Config, section: str, key: str) -> Any:
    data = json.loads(config.model_dump_json())
    return (data[section] if section else data)[key]


def test_no_setting_is_left_out_here() -> None:
    for name, field in Config.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            assert set(OTHER[name]) == set(kind.model_fields), name
        else:
            assert name in OTHER[""]


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_a_setting_alone_changes_and_survives_being_written(section: str, key: str) -> None:
    value = OTHER[section][key]
    assert read(Config(), section, key) != value
    config = parse_config(tree(section, key, value))
    assert read(config, section, key) == value
    again = parse_config(tomllib.loads(to_toml(config)))
    assert again == config


def test_all_settings_together_survive_being_written() -> None:
    config = parse_config(OTHER[""] | {name: OTHER[name] for name in SECTIONS})
    assert parse_config(tomllib.loads(to_toml(config))) == config


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("[persona]\nnmae = 'x'", "persona.name"),
        ("[atention]\nmode = 'name'", "attention"),
        ("[attention]\nmodes = 'name'", "attention.mode"),
        ("[turns]\nmaxwait = 3", "turns.max_wait_s"),
        ("[audio]\nmicrophone = 'USB'", None),
        ("[mind]\ncontext_token = 4096", "mind.context_tokens"),
        ("statedir = '/x'", "state_dir"),
    ],
)
def test_an_unknown_setting_suggests_the_nearest(
    tmp_path: Path, wrong: str, meant: str | None
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(wrong)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    line = str(caught.value)
    assert line.startswith(f"{file}: unknown setting '")
    assert "\n" not in line
    if meant:
        assert line.endswith(f"did you mean '{meant}'?")
    else:
        assert "did you mean" in line or "known here: " in line


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[turns]\nmax_wait_s = -1", "turns.max_wait_s"),
        ("[turns]\nmax_wait_s = 'long'", "turns.max_wait_s"),
        ("[turns]\ncut_off_risk = 1.0", "turns.cut_off_risk"),
        ("[voice]\npace = 5", "voice.pace"),
        ("[mind]\ncontext_tokens = 10", "mind.context_tokens"),
        ("[attention]\nmode = 'never'", "attention.mode"),
        ("[hearing]\nthreads = 0", "hearing.threads"),
        ("persona = 'Rosie'", "persona"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert f"'{where}'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"[persona\n", "not valid TOML"), (b"name = '\xff'", "cannot read config")],
)
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_config(file)
    assert str(file) in str(caught.value)


def test_a_folder_instead_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read config"):
        load_config(tmp_path)


def test_the_users_own_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_config() == Config()
    default_config_path().parent.mkdir(parents=True)
    default_config_path().write_text("[persona]\nname = 'Ida'\n")
    assert load_config().persona.name == "Ida"


def test_settings_cannot_be_changed_by_the_rooms() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().persona.name = "Ida"  # type: ignore[misc]
