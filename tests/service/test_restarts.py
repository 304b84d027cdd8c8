"""What is told after a start, and only once."""

from pathlib import Path

import pytest

from companion.service.restarts import RestartBook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.json"


def lived(path: Path) -> RestartBook:
    """Return the book of a companion that was greeted and runs."""
    book = RestartBook(path, "boot")
    assert book.begin(0.0) == "first"
    book.told("first", 0.0)
    return book


def test_the_first_start_is_told_until_it_was_told(path: Path) -> None:
    assert RestartBook(path, "boot").begin(0.0) == "first"
    book = RestartBook(path, "boot")
    assert book.begin(1.0) == "first"
    book.told("first", 1.0)
    book.end()
    assert RestartBook(path, "boot").begin(9e5) == ""


@pytest.mark.parametrize("why", ["deaf", "stuck", "hung"])
def test_a_restart_by_the_watchdog_is_told_once(path: Path, why: str) -> None:
    lived(path).ask(why, 1000.0)
    book = RestartBook(path, "boot")
    assert book.begin(1010.0) == why
    book.told(why, 1010.0)
    assert book.count(why, 1010.0) == 1
    found = book.last()
    assert found is not None
    assert (found.at, found.why) == (1000.0, why)
    book.end()
    assert RestartBook(path, "boot").begin(99_999.0) == ""


def test_a_crash_and_a_power_cut_are_told_apart(path: Path) -> None:
    lived(path)
    assert RestartBook(path, "boot").begin(5000.0) == "crash"
    assert RestartBook(path, "another boot").begin(5000.0) == "power"


def test_the_same_fault_again_is_not_news(path: Path) -> None:
    lived(path).ask("deaf", 1000.0)
    book = RestartBook(path, "boot")
    assert book.begin(1010.0) == "deaf"
    book.told("deaf", 1010.0)
    book.ask("deaf", 1100.0)
    assert RestartBook(path, "boot").begin(1110.0) == ""
    assert RestartBook(path, "boot").count("deaf", 1110.0) == 2
    assert RestartBook(path, "boot").count("deaf", 99_999.0) == 0


@pytest.mark.parametrize("content", ["", "[]", '{"restarts": 3, "told": "x", "running": 7}', "\0"])
def test_a_broken_file_costs_only_the_memory(path: Path, content: str) -> None:
    path.write_text(content)
    book = RestartBook(path, "boot")
    book.begin(0.0)
    assert book.last() is None
    book.ask("hung", 1.0)
    assert book.count("hung", 2.0) == 1


def test_a_disk_that_cannot_be_written_does_not_end_the_talk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    book = RestartBook(tmp_path / "file" / "service.json", "boot")
    assert book.begin(0.0) == "first"
    book.end()
