"""The units: sound, confined, and true to what the docs promise."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "systemd").glob("companion*.*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
TIMERS = [unit for unit in UNITS if unit.suffix == ".timer"]
MOST = {"companion.service": 3.0}
"""Highest exposure allowed; 2.0 for all others."""

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


class _Lists(dict[str, str]):
    """Later lines of a key add to the earlier ones, as systemd reads most of them."""

    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and key in self:
            value = [*self[key], "\n", *value]
        super().__setitem__(key, value)  # type: ignore[assignment]


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, dict_type=_Lists, delimiters=("=",)
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    return parser


def test_everything_the_issue_names_is_there() -> None:
    names = {unit.name for unit in UNITS}
    assert {f"companion-{job}.timer" for job in ("summary", "sweep", "backup")} <= names
    assert {"companion.service", "companion-care.service", "companion-post.service"} <= names
    for timer in TIMERS:
        assert timer.with_suffix(".service") in SERVICES


@needs_analyze
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """The program is not installed here, so /bin/true stands for it."""
    for unit in UNITS:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.M)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    ours = [line for line in done.stderr.splitlines() if "companion" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


@needs_analyze
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_confined(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= MOST.get(unit.name, 2.0)


def test_the_voice_cannot_reach_the_world() -> None:
    service = read(ROOT / "systemd/companion.service")["Service"]
    assert service["Type"] == "notify"
    assert service["IPAddressDeny"] == "any"
    assert service["IPAddressAllow"] == "localhost"
    assert service["DeviceAllow"] == "char-alsa rw"
    assert service["User"] == "companion"
    assert float(service["WatchdogSec"]) <= 20


@pytest.mark.parametrize(
    "unit", [one for one in SERVICES if one.name != "companion.service"], ids=lambda u: u.name
)
def test_nothing_else_can_reach_the_microphone(unit: Path) -> None:
    service = read(unit)["Service"]
    assert service["PrivateDevices"] == "yes"
    assert "/dev/snd" in service["InaccessiblePaths"]
    assert "SupplementaryGroups" not in service
    if unit.name != "companion-backup.service":
        assert service["User"] == "companion-care"


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_key_is_a_credential_and_memory_stays_out_of_dumps(unit: Path) -> None:
    service = read(unit)["Service"]
    assert "companion-key:" in service["LoadCredential"]
    assert service["LimitCORE"] == "0"
    assert service["CapabilityBoundingSet"] == ""


def test_every_command_of_a_unit_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    from companion.cli import main

    session = ROOT / "systemd/session/companion.service"
    for unit in (*SERVICES, session):
        words = read(unit)["Service"]["ExecStart"].split()[1:]
        monkeypatch.setattr("sys.argv", ["companion", *words, "--help"])
        assert main.run() == 0, unit.name
