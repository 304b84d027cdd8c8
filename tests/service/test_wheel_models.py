"""Models inside wheels, with a made-up pip and wheels made here."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.errors import ModelCorruptError, ModelSourceError
from companion.service import wheels
from companion.service.catalogue import Catalogue, Model
from companion.service.store import ModelStore

FIRST, SECOND = b"first half " * 50_000, b"second half " * 40_000


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    for name, member, data in (
        ("part-one", "one/model.bin.part1", FIRST),
        ("part-two", "two/model.bin.part2", SECOND),
    ):
        path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(member, data)
    return folder


@pytest.fixture
def model(index: Path) -> Model:
    packages = [
        {
            "distribution": path.name.partition("-")[0].replace("_", "-"),
            "version": "1.0",
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(index.glob("*.whl"))
    ]
    whole = FIRST + SECOND
    return Model.model_validate(
        {
            "name": "joined",
            "kind": "whisper",
            "description": "made up",
            "licence": "MIT",
            "size_mb": 1,
            "ram_mb": 2,
            "source": "package",
            "packages": packages,
            "files": [
                {
                    "path": "model.bin",
                    "size": len(whole),
                    "sha256": hashlib.sha256(whole).hexdigest(),
                    "members": [
                        {"package": "part-one", "path": "one/model.bin.part1"},
                        {"package": "part-two", "path": "two/model.bin.part2"},
                    ],
                }
            ],
        }
    )


@pytest.fixture
def store(folder: Path, model: Model) -> ModelStore:
    return ModelStore(folder, Catalogue(models={"joined": model}, profiles={}))


@pytest.fixture
def pip_from(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[list[str]]]:
    """Make pip copy from a folder; return the commands it was given."""

    def install(index: Path) -> list[list[str]]:
        commands: list[list[str]] = []
        code = (
            "import pathlib, shutil, sys\n"
            "index, out, name = map(pathlib.Path, sys.argv[1:4])\n"
            "out.mkdir(parents=True)\n"
            "found = list(index.glob(name.name.split('==')[0].replace('-', '_') + '-*.whl'))\n"
            "if not found:\n"
            "    sys.exit('ERROR: No matching distribution found for x')\n"
            "shutil.copy(found[0], out)\n"
        )

        def start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
            commands.append(command)
            target = command[command.index("--dest") + 1]
            assert target.startswith(environment["TMPDIR"])
            own = [sys.executable, "-c", code, str(index), target, command[-1]]
            return subprocess.Popen(own, stderr=subprocess.PIPE, text=True)

        monkeypatch.setattr(wheels.download_wheel, "__defaults__", (start,))
        return commands

    return install


def test_parts_of_two_wheels_are_joined_and_the_wheels_are_not_kept(
    store: ModelStore, index: Path, pip_from: Callable[[Path], list[list[str]]]
) -> None:
    commands = pip_from(index)
    steps: list[tuple[str, int, int]] = []
    path = store.pull("joined", lambda *step: steps.append(step))
    assert (path / "model.bin").read_bytes() == FIRST + SECOND
    assert [file.name for file in store.folder.rglob("*.whl")] == []
    assert [command[-1] for command in commands] == ["part-one==1.0", "part-two==1.0"]
    assert all("--no-deps" in command for command in commands)
    assert steps[-1][1] == steps[-1][2]


def test_no_index_address_is_ever_named(
    store: ModelStore, index: Path, pip_from: Callable[[Path], list[list[str]]]
) -> None:
    commands = pip_from(index)
    store.pull("joined")
    assert not [word for command in commands for word in command if "://" in word]


def test_a_wheel_that_came_before_the_line_dropped_is_not_fetched_again(
    store: ModelStore, index: Path, pip_from: Callable[[Path], list[list[str]]]
) -> None:
    commands = pip_from(index)
    second = next(index.glob("part_two*"))
    hidden = second.rename(index / "hidden")
    with pytest.raises(ModelSourceError, match=r"has no part-two 1.0"):
        store.pull("joined")
    assert store.installed() == []
    hidden.rename(second)
    store.pull("joined")
    assert [command[-1] for command in commands] == [
        "part-one==1.0",
        "part-two==1.0",
        "part-two==1.0",
    ]


def test_a_wheel_with_the_wrong_hash_installs_nothing(
    store: ModelStore, index: Path, pip_from: Callable[[Path], list[list[str]]]
) -> None:
    pip_from(index)
    with zipfile.ZipFile(next(index.glob("part_two*")), "a") as wheel:
        wheel.writestr("extra", b"x")
    with pytest.raises(ModelCorruptError, match="part-two has the wrong SHA-256"):
        store.pull("joined")
    assert store.installed() == []


def test_a_member_with_the_wrong_hash_installs_nothing(
    folder: Path, model: Model, index: Path, pip_from: Callable[[Path], list[list[str]]]
) -> None:
    pip_from(index)
    files = (model.files[0].model_copy(update={"sha256": "0" * 64}),)
    wrong = model.model_copy(update={"files": files})
    store = ModelStore(folder, Catalogue(models={"joined": wrong}, profiles={}))
    with pytest.raises(ModelCorruptError, match=r"model.bin of joined has the wrong SHA-256"):
        store.pull("joined")
    assert store.installed() == []
    assert not list(folder.rglob("model.bin*"))


def test_a_python_without_pip_is_told_what_to_run(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelSourceError, match="-m ensurepip"):
        store.pull("joined")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for x",
            "index cannot be reached",
        ),
        ("ERROR: [Errno 28] No space left on device", "the disk filled up"),
        ("ERROR: something odd\n", "could not be fetched: something odd"),
        ("", "pip gave no reason"),
    ],
)
def test_what_pip_says_becomes_one_line(model: Model, words: str, line: str) -> None:
    said = wheels._explain(model.packages[0], words)
    assert line in said
    assert "\n" not in said


def test_an_interrupt_stops_pip(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    def start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], stderr=subprocess.PIPE, text=True
        )
        started.append(child)
        return child

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wheels.download_wheel(model.packages[0], tmp_path, interrupt, start)
    assert started[0].poll() is not None
    assert list(tmp_path.glob("pip-*")) == []


def test_one_wheel_of_several_is_asked_for_by_its_tags(model: Model) -> None:
    (package, *_) = model.packages
    assert wheels._which(package) == ()
    tagged = package.model_copy(update={"tags": "cp311-cp311-manylinux_2_28_x86_64"})
    assert wheels._which(tagged) == (
        *("--implementation", "cp", "--python-version", "3.11"),
        *("--abi", "cp311", "--platform", "manylinux_2_28_x86_64"),
    )


def test_tags_that_are_none_are_refused(model: Model) -> None:
    tree = model.model_dump()
    tree["packages"][0]["tags"] = "py3 none --index-url=x"
    with pytest.raises(ValueError, match="not the tags of a wheel"):
        Model.model_validate(tree)
