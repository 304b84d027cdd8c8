from pathlib import Path

import pytest
from support.fake_hub import COMMIT, FakeHub

from companion.errors import ModelCorruptError, ModelSourceError
from companion.service.catalogue import Model, load_catalogue
from companion.service.hub import Hub
from companion.service.pins import append_entry, pin
from companion.service.store import ModelStore


@pytest.fixture
def loose(hub_model: Model) -> Model:
    files = [
        {"path": file.path, **({"file": file.file} if file.file else {})}
        for file in hub_model.files
    ]
    return Model.model_validate(
        hub_model.model_dump() | {"files": files, "pinned": False, "revision": None}
    )


@pytest.mark.parametrize("lfs", [True, False])
def test_pinning_takes_the_hubs_own_hashes(
    loose: Model, hub_model: Model, hub: Hub, hub_server: FakeHub, lfs: bool
) -> None:
    hub_server.lfs = lfs
    assert pin(loose, hub) == hub_model
    assert f"/api/models/{loose.repo}/revision/main?blobs=true" == hub_server.requests[0][0]


def test_a_pinned_entry_is_written_to_the_users_catalogue_and_can_be_pulled(
    loose: Model, hub_model: Model, hub: Hub, tmp_path: Path
) -> None:
    overlay = tmp_path / "config" / "catalogue.toml"
    overlay.parent.mkdir()
    overlay.write_text("# my notes\n[profiles.mine]\n" + PROFILE)
    append_entry(pin(loose, hub), overlay)
    catalogue = load_catalogue(overlay)
    assert catalogue.model("some-model") == hub_model
    assert overlay.read_text().startswith("# my notes\n")
    assert catalogue.profile("mine").llm == "smollm2-135m"
    store = ModelStore(tmp_path / "models", catalogue)
    store.pull("some-model", hub=hub)
    store.verify("some-model")


PROFILE = """whisper = "whisper-base"
llm = "smollm2-135m"
voice = "piper-joe-medium"
ram_mb = 1000
"""


def test_a_hub_that_contradicts_a_known_hash_is_not_believed(
    hub_model: Model, hub: Hub, hub_server: FakeHub
) -> None:
    hub_server.files["weights.bin"] += b"changed"
    with pytest.raises(ModelCorruptError, match="not the one the catalogue knows"):
        pin(hub_model, hub)


def test_a_small_file_that_differs_from_the_record_is_refused(
    loose: Model, hub: Hub, hub_server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_server.lfs = False
    monkeypatch.setattr(Hub, "read", lambda *_: b"something else")
    with pytest.raises(ModelCorruptError, match="differs from the hub's record"):
        pin(loose, hub)


def test_a_file_the_repository_lacks_is_named(loose: Model, hub: Hub, hub_server: FakeHub) -> None:
    del hub_server.files["weights.bin"]
    with pytest.raises(ModelSourceError, match=f"has no file weights.bin at {COMMIT[:12]}"):
        pin(loose, hub)


def test_a_package_model_needs_no_pin(hub: Hub) -> None:
    with pytest.raises(ModelSourceError, match="pinned already"):
        pin(load_catalogue().model("whisper-base"), hub)


def test_an_unreachable_hub_is_one_line(loose: Model) -> None:
    hub = Hub("http://127.0.0.1:9")
    with pytest.raises(ModelSourceError, match="cannot be reached"):
        pin(loose, hub)
    hub.close()
