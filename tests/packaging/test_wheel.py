"""An installed wheel must carry what a checkout has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("prompts", "voices", "models")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it alone; return the folder it went to."""
    work = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    quiet = {"check": True, "cwd": work, "timeout": 120}
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", work, ROOT], **quiet
    )
    (wheel,) = work.glob("companion-*.whl")
    target = work / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], **quiet)
    return target


def python(site: Path, code: str, cwd: Path) -> str:
    # PYTHONPATH comes before the editable checkout, so the wheel is what is imported.
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(site)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_data_folder_of_the_wheel_equals_the_checkouts(
    installed: Path, tmp_path: Path, folder: str
) -> None:
    code = f"from companion.resources import data_dir; print(data_dir({folder!r}))"
    found = Path(python(installed, code, tmp_path).strip())
    assert found.is_relative_to(installed)
    assert contents(found) == contents(ROOT / folder)
    assert contents(found), "an empty folder proves nothing"


def test_the_checkout_finds_its_own_data_folders(tmp_path: Path) -> None:
    code = "from companion.resources import data_dir\n" + "\n".join(
        f"print(data_dir({folder!r}))" for folder in FOLDERS
    )
    found = [Path(line) for line in python(ROOT, code, tmp_path).splitlines()]
    assert found == [ROOT / folder for folder in FOLDERS]


def test_an_installed_wheel_lists_its_commands_and_models(installed: Path, tmp_path: Path) -> None:
    code = (
        "import runpy, sys\nsys.argv = ['companion', {}]\n"
        "runpy.run_module('companion', run_name='__main__')"
    )
    words = python(installed, code.format("'--help'"), tmp_path)
    for name in ("talk", "say", "ask", "listen", "devices", "bench", "models", "config"):
        assert f" {name} " in words, name
    models = python(installed, code.format("'models', 'list', '--json'"), tmp_path)
    assert '"whisper-tiny.en"' in models


def test_every_room_is_in_the_wheel(installed: Path) -> None:
    modules = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "companion").rglob("*.py")
        if "_data" not in path.parts
    }
    packed = {
        str(path.relative_to(installed))
        for path in (installed / "companion").rglob("*.py")
        if "_data" not in path.parts
    }
    assert packed == modules


def test_the_licence_travels_with_the_wheel(installed: Path) -> None:
    (licence,) = installed.glob("companion-*.dist-info/licenses/LICENSE")
    assert "GNU GENERAL PUBLIC LICENSE" in licence.read_text()


@pytest.mark.parametrize("folder", ["web/templates", "web/static", "locale"])
def test_the_pages_of_the_dashboard_are_in_the_wheel(installed: Path, folder: str) -> None:
    found = contents(installed / "companion" / "care" / folder)
    assert found == contents(ROOT / "companion" / "care" / folder)
    assert found, "an empty folder proves nothing"
