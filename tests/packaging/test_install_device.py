"""The installer's steps on a made-up machine, without changing anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "my things" / "companion"
    tree.mkdir(parents=True)
    for folder in ("scripts", "models", "systemd", "voices", "prompts"):
        shutil.copytree(ROOT / folder, tree / folder)
    (tree / "companion").mkdir()
    (tree / "companion" / "one.py").write_text("")
    shutil.copy(ROOT / "pyproject.toml", tree)
    shutil.copy(ROOT / "requirements.lock", tree)
    return tree


@pytest.fixture
def dry(tree: Path, tmp_path: Path) -> object:
    """Run the installer so that it only tells its steps."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, code in {
        "dpkg-query": "exit 1",
        "apt-get": "exit 1",
        "getent": '[[ "$*" == "group audio" ]]',
        "id": "echo 0",
    }.items():
        (tools / name).write_text(f"#!/bin/bash\n{code}\n")
        (tools / name).chmod(0o755)

    def run(*words: str) -> tuple[int, list[str], str]:
        done = subprocess.run(
            [tree / "scripts/install-device", *words],
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "COMPANION_DRY_RUN": "1",
            },
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        steps = [
            line.removeprefix("would run: ").strip()
            for line in done.stdout.splitlines()
            if line.startswith("would ")
        ]
        return done.returncode, steps, done.stderr

    return run


def at(steps: list[str], *parts: str) -> int:
    found = [i for i, step in enumerate(steps) if all(part in step for part in parts)]
    assert found, (parts, steps)
    return found[0]


def test_a_fresh_device_in_order(dry: object) -> None:
    code, steps, said = dry("--profile", "pi5", "--person", "Margaret", "--no-systemd")  # type: ignore[operator]
    assert code == 0, said
    order = [
        at(steps, "apt-get install", "portaudio19-dev"),
        at(steps, "groupadd --system companion"),
        at(steps, "useradd", "companion-care"),
        at(steps, "install -d -m 2770 -o companion -g companion /var/lib/companion"),
        at(steps, "-m venv /opt/companion/versions/"),
        at(steps, "pip install --require-hashes --requirement", "requirements.lock"),
        at(steps, "pip install --no-deps"),
        at(steps, "would write: /etc/companion/secret/key"),
        at(steps, "would write: /etc/companion/config.toml"),
        at(steps, "runuser -u companion", "models pull"),
        at(steps, "mv -T /opt/companion/current.new"),
        at(steps, "would write: /usr/local/bin/companion"),
        at(steps, "service try"),
    ]
    assert order == sorted(order)
    assert not any("systemctl start" in step for step in steps)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--profile"], "wants a value"),
        (["--profile", "Pi 5"], "not a profile"),
        (["--person", 'a"b'], "no quotes"),
        (["--reboot"], "unknown: --reboot"),
        (["--rollback"], "no version before"),
    ],
)
def test_a_mistake_is_one_plain_line_and_changes_nothing(
    dry: object, words: list[str], what: str
) -> None:
    code, steps, said = dry(*words)  # type: ignore[operator]
    assert code == 1
    assert steps == []
    assert what in said.splitlines()[-1]


def test_uninstalling_leaves_only_what_was_asked_for(dry: object) -> None:
    _, steps, said = dry("--uninstall", "--data")  # type: ignore[operator]
    gone = " ".join(steps)
    assert "/opt/companion" in gone
    assert "/var/lib/companion" not in gone
    assert "/etc/companion/secret" not in gone
    assert "left as asked" in said
    _, steps, said = dry("--uninstall", "--yes")  # type: ignore[operator]
    at(steps, "rm -rf", "/var/lib/companion", "/etc/companion", "/var/backups/companion")
    assert "nothing is left" in said


def test_the_version_is_named_after_what_is_in_it(dry: object, tree: Path) -> None:
    def folder() -> str:
        _, steps, _ = dry("--no-systemd")  # type: ignore[operator]
        return steps[at(steps, "-m venv")].split()[-1]

    first = folder()
    assert folder() == first
    (tree / "companion" / "one.py").write_text("# changed")
    assert folder() != first


def test_a_changed_lock_is_another_version(dry: object, tree: Path) -> None:
    def folder() -> str:
        _, steps, _ = dry("--no-systemd")  # type: ignore[operator]
        return steps[at(steps, "-m venv")].split()[-1]

    first = folder()
    with (tree / "requirements.lock").open("a") as file:
        file.write("# changed\n")
    assert folder() != first


def test_another_processor_is_refused_before_anything_is_done(dry: object, tmp_path: Path) -> None:
    (tmp_path / "bin" / "uname").write_text("#!/bin/bash\necho armv7l\n")
    (tmp_path / "bin" / "uname").chmod(0o755)
    code, steps, said = dry()  # type: ignore[operator]
    assert code == 1
    assert steps == []
    assert "not for 'armv7l'" in said
