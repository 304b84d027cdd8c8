import datetime as dt

import pytest

from companion.errors import SafetyError
from companion.safety.regions import KINDS, load_region

CODES = ("us", "gb", "ie", "ca", "au", "nz", "de")


@pytest.mark.parametrize("code", CODES)
def test_every_region_has_an_emergency_and_a_crisis_number_with_source_and_date(code):
    region = load_region(code)
    assert region.crisis is not None
    for _, entry in region.numbers():
        assert entry.source.startswith("https://")
        assert dt.date(2024, 1, 1) <= entry.checked <= dt.date.today()


@pytest.mark.parametrize("code", CODES)
def test_no_kind_is_ever_without_words(code):
    spoken = load_region(code).spoken()
    assert set(spoken) == set(KINDS)
    assert all(spoken.values())
    assert not any(char.isdigit() for words in spoken.values() for char in words)


def test_american_numbers_are_said_digit_by_digit():
    spoken = load_region("US").spoken()
    assert spoken["emergency"] == "nine one one"
    assert spoken["crisis"] == "nine eight eight"
    assert "one eight hundred, two two two, one two two two" in spoken["poison"]


def test_a_missing_kind_falls_back():
    assert load_region("us").spoken()["medical"] == "your doctor"
    assert load_region("ca").spoken()["domestic_violence"] == "nine one one"
    assert load_region("us").spoken()["bank"] == "the number on your card"


def test_an_unknown_region_names_those_there_are():
    with pytest.raises(SafetyError, match=r"'atlantis'.*au, ca, de"):
        load_region("atlantis")


def test_a_path_is_no_region():
    with pytest.raises(SafetyError):
        load_region("../regions/us")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "Xland"\n', "'emergency'"),
        ("name = 1\n", "'name'"),
        ("not toml", "not valid TOML"),
        (
            'name = "Xland"\n[emergency]\nnumber = "call me"\nspoken = "nine"\nname = "xx"\n'
            'source = "https://x.org"\nchecked = 2024-01-01\n',
            "'emergency.number'",
        ),
        (
            'name = "Xland"\n[emergency]\nnumber = "112"\nspoken = "112"\nname = "xx"\n'
            'source = "https://x.org"\nchecked = 2024-01-01\n',
            "'emergency.spoken'",
        ),
        (
            'name = "Xland"\n[emergency]\nnumber = "112"\nspoken = "one one two"\nname = "xx"\n'
            'source = "my aunt"\nchecked = 2024-01-01\n',
            "'emergency.source'",
        ),
        ('name = "Xland"\nfire = "112"\n', "'"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_file_and_key(tmp_path, text, says):
    (tmp_path / "xx.toml").write_text(text)
    with pytest.raises(SafetyError) as caught:
        load_region("xx", folder=tmp_path)
    assert "xx.toml" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
