"""The scripts a newcomer runs, on made-up machines and without changing anything."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = (
    *("scripts/setup", "scripts/talk", "scripts/test", "scripts/lint", "scripts/install-device"),
    *("scripts/docs", "scripts/lock", "scripts/audit", "scripts/check-aarch64"),
    *("scripts/card", "scripts/show", "scripts/pictures"),
    ".ci/run",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_valid_bash(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / script], check=True)


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != "scripts/setup"])
def test_a_script_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a checkout in a folder with spaces, without an environment."""
    tree = tmp_path / "my grandmother's things" / "companion"
    tree.mkdir(parents=True)
    for folder in ("scripts", "models", ".ci"):
        shutil.copytree(ROOT / folder, tree / folder)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a PATH folder of a machine where no package is installed and nothing has sudo."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "sha256sum", "cut", "head", "tail", "grep", "sleep"):
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    stub(tools, "dpkg-query", "exit 1")
    stub(tools, "apt-get", "exit 1")
    stub(tools, "id", "echo 1000")
    return tools


def stub(tools: Path, name: str, code: str) -> None:
    (tools / name).write_text(f"#!/bin/bash\n{code}\n")
    (tools / name).chmod(0o755)


def dry(
    tree: Path, script: str, *words: str, path: str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / script, *words],
        cwd="/",
        env={"PATH": path, "HOME": str(tree), "COMPANION_DRY_RUN": "1", **more},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def steps(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [
        line.removeprefix("would run: ").strip()
        for line in done.stdout.splitlines()
        if line.startswith("would run: ")
    ]


def test_a_fresh_machine_with_sudo_gets_everything_in_order(tree: Path, machine: Path) -> None:
    stub(machine, "sudo", "exit 1")
    done = dry(tree, "scripts/talk", "--fast", "a b.wav", path=str(machine))
    assert done.returncode == 0, done.stderr
    found = steps(done)
    assert found[0].startswith("sudo apt-get update")
    assert found[1].startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")
    for package in ("portaudio19-dev", "cmake", "build-essential", "python3-venv", "python3-dev"):
        assert package in found[1]
    assert " -m venv " in found[2]
    assert "pip" in found[3]
    assert "--editable" in found[4]
    assert found[5].endswith("-m companion models pull")
    assert found[6].endswith(r"-m companion talk --fast a\ b.wav")
    assert len(found) == 7
    assert "about 4 minutes" in done.stderr
    assert not (tree / ".venv").exists()


def test_without_root_and_sudo_the_exact_command_is_named(tree: Path, machine: Path) -> None:
    done = dry(tree, "scripts/talk", path=str(machine))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "run as root, then start again: apt-get install -y" in last
    assert "portaudio19-dev" in last


def test_root_needs_no_sudo(tree: Path, machine: Path) -> None:
    stub(machine, "id", "echo 0")
    found = steps(dry(tree, "scripts/talk", path=str(machine)))
    assert found[0] == "env DEBIAN_FRONTEND=noninteractive apt-get update -q"


def test_only_missing_packages_are_installed(tree: Path, machine: Path) -> None:
    stub(machine, "id", "echo 0")
    stub(machine, "dpkg-query", '[[ "$*" == *cmake* ]] || echo "ii "')
    (install,) = [
        step
        for step in steps(dry(tree, "scripts/talk", path=str(machine)))
        if "apt-get install" in step
    ]
    assert install.endswith("--no-install-recommends cmake")


def test_a_system_without_apt_is_told_what_it_needs(tree: Path, machine: Path) -> None:
    (machine / "apt-get").unlink()
    done = dry(tree, "scripts/talk", path=str(machine))
    assert done.returncode == 0
    assert "make sure you have what Debian calls: build-essential" in done.stderr


def test_the_models_follow_the_config_that_is_named(tree: Path, machine: Path) -> None:
    stub(machine, "dpkg-query", 'echo "ii "')
    for words in (("--config", "/x/my config.toml"), ("--config=/x/my config.toml",)):
        found = steps(dry(tree, "scripts/talk", *words, path=str(machine)))
        assert found[-2].endswith(r"companion models pull --config /x/my\ config.toml")


def set_up(tree: Path, group: str) -> None:
    """Make it look as if everything had been installed and pulled."""
    tools = tree / ".venv" / "bin"
    tools.mkdir(parents=True)
    stub(tools, "python", 'echo "ran: $*"')
    model = tree / "models home" / "some-model"
    model.mkdir(parents=True)
    code = f"""
source {shlex.quote(str(tree / "scripts/setup"))}
wanted_stamp '{group}' > "$STAMP"
models talk > /dev/null
stamp=$VENV/.companion-models-talk
printf '%s\\n' "$(head -n 1 "$stamp")" {shlex.quote(str(model))} > "$stamp"
"""
    subprocess.run(["bash", "-c", code], check=True, env=os.environ | {"HOME": str(tree)})


@pytest.mark.parametrize("group", ["", "dev"])
def test_the_second_start_goes_straight_to_talking(tree: Path, machine: Path, group: str) -> None:
    set_up(tree, group)
    done = dry(tree, "scripts/talk", "--fast", path=str(machine), COMPANION_DRY_RUN="")
    assert done.stdout == "ran: -m companion talk --fast\n"
    assert done.stderr == ""


def test_a_model_folder_that_vanished_is_pulled_again(tree: Path, machine: Path) -> None:
    set_up(tree, "")
    shutil.rmtree(tree / "models home" / "some-model")
    assert steps(dry(tree, "scripts/talk", path=str(machine)))[0].endswith("models pull")


@pytest.mark.parametrize("change", ["pyproject", "moved"])
def test_a_changed_or_moved_checkout_is_installed_again(
    tree: Path, machine: Path, change: str
) -> None:
    stub(machine, "dpkg-query", 'echo "ii "')
    set_up(tree, "")
    if change == "pyproject":
        with (tree / "pyproject.toml").open("a") as file:
            file.write("# changed\n")
    else:
        tree = tree.rename(tree.with_name("elsewhere"))
    assert any("--editable" in step for step in steps(dry(tree, "scripts/talk", path=str(machine))))


def test_the_tests_are_set_up_and_arguments_reach_pytest(tree: Path, machine: Path) -> None:
    stub(machine, "id", "echo 0")
    done = dry(tree, ".ci/run", "-k", "one or two", path=str(machine))
    assert done.returncode == 0, done.stderr
    found = steps(done)
    assert "pulseaudio" in found[1]
    assert any("--group" in step and ":dev" in step for step in found)
    assert found[-4].endswith("models pull --profile starter whisper-base")
    assert found[-3] == "scripts/lint"
    for step, sound in ((found[-2], r"not\ sound"), (found[-1], "sound")):
        assert f"-m pytest -m {sound} " in step
        assert step.endswith(r"-k one\ or\ two")


def test_a_failing_install_ends_with_its_last_words(tree: Path, machine: Path) -> None:
    stub(machine, "dpkg-query", 'echo "ii "')
    tools = tree / ".venv" / "bin"
    tools.mkdir(parents=True)
    stub(tools, "python", '[[ $1 == -c ]] && exit 0; echo "no room for this"; exit 3')
    done = dry(tree, "scripts/talk", path=str(machine), COMPANION_DRY_RUN="")
    assert done.returncode == 1
    assert "no room for this" in done.stderr
    assert "updating pip failed" in done.stderr.splitlines()[-1]
    assert not list((tree / ".venv").glob(".companion-installed"))
