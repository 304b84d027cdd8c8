import re
from pathlib import Path

import pytest

from companion.config import parse_config
from companion.errors import ConfigError, ModelSourceError
from companion.service.catalogue import load_catalogue
from companion.service.needs import needed_models
from companion.service.store import ModelStore
from companion.voice.profile import load_profile, voice_names

HUB_ENTRY = """
[[models]]
name = "mine"
kind = "llm"
description = "made up"
licence = "MIT"
size_mb = 1
ram_mb = 1
source = "hub"
repo = "a/b"
"""


def test_every_shipped_entry_is_pinned_and_its_size_is_true() -> None:
    for model in load_catalogue().models.values():
        assert model.pinned, model.name
        assert model.size_mb == round(model.disk_bytes / 1e6), model.name
        assert model.ram_mb * 1e6 > model.disk_bytes, model.name


def test_the_starter_set_is_licensed_freely_and_needs_no_hub() -> None:
    catalogue = load_catalogue()
    starter = [catalogue.model(name) for name in catalogue.profile("starter").names]
    assert [model.kind for model in starter] == ["whisper", "llm", "voice", "embedding"]
    assert {model.source for model in starter} == {"package"}
    assert sum(model.download_bytes for model in starter[:3]) < 250e6
    assert sum(model.download_bytes for model in starter) < 340e6


def test_every_profile_fits_the_memory_it_is_made_for() -> None:
    catalogue = load_catalogue()
    assert set(catalogue.profiles) == {"starter", "pi5", "jetson", "pc"}
    for name, profile in catalogue.profiles.items():
        models = [catalogue.model(model) for model in profile.names]
        assert [model.kind for model in models] == ["whisper", "llm", "voice", "embedding"], name
        assert sum(model.ram_mb for model in models) < profile.ram_mb * 0.75, name


def test_every_profiles_voice_has_a_voice_profile() -> None:
    spoken = {load_profile(name).model for name in voice_names()}
    assert {profile.voice for profile in load_catalogue().profiles.values()} <= spoken


def test_an_unknown_name_suggests_the_nearest() -> None:
    catalogue = load_catalogue()
    with pytest.raises(ModelSourceError, match=re.escape("did you mean 'whisper-tiny.en'?")):
        catalogue.model("whisper-tiny")
    with pytest.raises(ConfigError, match=re.escape("did you mean 'starter'?")):
        catalogue.profile("startr")
    with pytest.raises(ConfigError, match="known: jetson, pc, pi5, starter"):
        catalogue.profile("zzz")


def test_the_users_own_entries_come_on_top(tmp_path: Path) -> None:
    overlay = tmp_path / "catalogue.toml"
    overlay.write_text(
        HUB_ENTRY
        + 'pinned = false\nfiles = [{ path = "x.gguf" }]\n'
        + HUB_ENTRY.replace("made up", "later")
        + 'pinned = false\nfiles = [{ path = "x.gguf" }]\n'
    )
    catalogue = load_catalogue(overlay)
    assert catalogue.model("mine").description == "later"
    assert "whisper-base" in catalogue.models


def test_a_model_that_is_not_pinned_is_never_pulled(tmp_path: Path) -> None:
    overlay = tmp_path / "catalogue.toml"
    overlay.write_text(HUB_ENTRY + 'pinned = false\nfiles = [{ path = "x.gguf" }]\n')
    store = ModelStore(tmp_path / "models", load_catalogue(overlay))
    with pytest.raises(ModelSourceError, match="companion models pin mine"):
        store.pull("mine")


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ('files = [{ path = "x.gguf" }]', "needs pinned = false"),
        (f'files = [{{ path = "x", size = 1, sha256 = "{"0" * 64}" }}]', "the full commit"),
        ('pinned = false\nfiles = [{ path = "../x" }]', "leaves the model's folder"),
        ('pinned = false\nfiles = [{ path = "x", sha256 = "12" }]', "not 64 hex digits"),
        ("pinned = false\nfiles = []", "files"),
        ('pinned = false\nfiles = [{ path = "x" }]\nlicense = "MIT"', "license"),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_it(tmp_path: Path, rest: str, complaint: str) -> None:
    overlay = tmp_path / "catalogue.toml"
    overlay.write_text(HUB_ENTRY + rest)
    with pytest.raises(ConfigError, match=f"model 'mine'.*{complaint}") as caught:
        load_catalogue(overlay)
    assert "\n" not in str(caught.value)


def test_a_catalogue_that_is_no_toml_is_one_line(tmp_path: Path) -> None:
    overlay = tmp_path / "catalogue.toml"
    overlay.write_text("[[models\n")
    with pytest.raises(ConfigError, match="cannot read"):
        load_catalogue(overlay)


def test_settings_override_the_profile() -> None:
    catalogue = load_catalogue()
    plain = needed_models(parse_config({}), catalogue)
    assert plain.whisper == "whisper-tiny.en"
    config = parse_config({"models": {"profile": "pi5"}, "hearing": {"whisper": "whisper-small"}})
    needs = needed_models(config, catalogue)
    assert (needs.whisper, needs.llm) == ("whisper-small", "qwen2.5-1.5b")


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        ({"hearing": {"whisper": "whisper-tiny"}}, r"'hearing.whisper'.*did you mean"),
        ({"mind": {"llm": "whisper-base"}}, "'mind.llm': 'whisper-base' is a whisper model"),
        ({"models": {"profile": "pi4"}}, "did you mean 'pi5'"),
        ({"voice": {"profile": "jo"}}, "joe"),
    ],
)
def test_settings_that_name_nothing_are_config_errors(
    tree: dict[str, dict[str, str]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        needed_models(parse_config(tree), load_catalogue())
