"""Pulling from a hub over a loopback server: whole or not at all."""

import shutil
from pathlib import Path
from typing import IO, Any

import pytest
from support.fake_hub import COMMIT, REPO, FakeHub

from companion.errors import ModelCorruptError, ModelMissingError, ModelSourceError
from companion.service import fetch
from companion.service.catalogue import Catalogue
from companion.service.hub import Hub
from companion.service.store import ModelStore


@pytest.fixture
def store(folder: Path, catalogue: Catalogue) -> ModelStore:
    return ModelStore(folder, catalogue)


def test_a_pulled_model_is_installed_and_works_offline(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    seen: list[tuple[str, int, int]] = []
    path = store.pull("some-model", lambda *step: seen.append(step), hub)
    assert (path / "weights.bin").read_bytes() == hub_server.files["weights.bin"]
    assert (path / "config.json").read_bytes() == hub_server.files["sub/config.json"]
    assert hub_server.requests[0][0] == f"/{REPO}/resolve/{COMMIT}/weights.bin"
    total = sum(len(data) for data in hub_server.files.values())
    assert seen[-1] == ("fetching some-model", total, total)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    asked = len(hub_server.requests)
    assert store.pull("some-model", hub=hub) == store.path("some-model") == path
    assert len(hub_server.requests) == asked


def test_a_line_that_drops_is_resumed_where_it_broke(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    hub_server.cut_after = [1_500_000, 400_000]
    store.pull("some-model", hub=hub)
    weights = [asked for path, asked in hub_server.requests if path.endswith("weights.bin")]
    assert weights[0] is None
    starts = [int(asked.removeprefix("bytes=")[:-1]) for asked in weights[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] <= 1_500_000
    assert starts[0] < starts[1] <= 1_900_000
    store.verify("some-model")


def test_a_pull_that_was_stopped_goes_on_from_what_is_there(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if done > 1_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("some-model", stop, hub)
    with pytest.raises(ModelMissingError, match="companion models pull some-model"):
        store.path("some-model")
    store.pull("some-model", hub=hub)
    assert any(asked and asked != "bytes=0-" for _, asked in hub_server.requests)
    store.verify("some-model")


def test_a_server_without_ranges_is_read_from_the_start(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    hub_server.ranges = False
    hub_server.cut_after = [1_200_000]
    store.pull("some-model", hub=hub)
    store.verify("some-model")


def test_a_wrong_hash_installs_nothing_and_is_not_kept(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    right = hub_server.files["weights.bin"]
    hub_server.files["weights.bin"] = right[:-1] + b"X"
    with pytest.raises(ModelCorruptError, match=r"weights.bin of some-model has the wrong SHA-256"):
        store.pull("some-model", hub=hub)
    assert store.installed() == []
    assert not list(store.folder.rglob("weights.bin*"))
    hub_server.files["weights.bin"] = right
    store.pull("some-model", hub=hub)


def test_leftovers_of_another_file_are_found_out_and_the_next_pull_works(
    store: ModelStore, hub: Hub
) -> None:
    staging = store.folder / ".partial" / "some-model"
    staging.mkdir(parents=True)
    (staging / "weights.bin.part").write_bytes(b"other" * 1000)
    with pytest.raises(ModelCorruptError):
        store.pull("some-model", hub=hub)
    store.pull("some-model", hub=hub)
    store.verify("some-model")


def test_a_file_longer_than_the_catalogue_says_is_refused(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    hub_server.files["weights.bin"] += b"more"
    with pytest.raises(ModelSourceError, match="larger than the catalogue says"):
        store.pull("some-model", hub=hub)
    assert store.installed() == []


def test_a_file_the_hub_does_not_have_is_one_line(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    del hub_server.files["sub/config.json"]
    with pytest.raises(ModelSourceError, match=r"has no someone/some-model/sub/config.json"):
        store.pull("some-model", hub=hub)
    assert store.installed() == []


def test_a_busy_hub_is_asked_again(store: ModelStore, hub: Hub, hub_server: FakeHub) -> None:
    hub_server.statuses = [503, 429, 500]
    store.pull("some-model", hub=hub)
    store.verify("some-model")


def test_a_gated_model_tells_how_to_get_in(
    store: ModelStore, hub: Hub, hub_server: FakeHub
) -> None:
    hub_server.statuses = [401]
    with pytest.raises(ModelSourceError, match="HF_TOKEN"):
        store.pull("some-model", hub=hub)


def test_a_hub_that_is_gone_gives_up_after_some_tries(store: ModelStore) -> None:
    waits: list[float] = []
    hub = Hub("http://127.0.0.1:9", sleep=waits.append)
    with pytest.raises(ModelSourceError, match=r"cannot be reached.*companion models pull"):
        store.pull("some-model", hub=hub)
    hub.close()
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert store.installed() == []


def test_too_little_room_is_said_before_anything_is_fetched(
    store: ModelStore, hub: Hub, hub_server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "free_bytes", lambda _: 101_000_000)
    with pytest.raises(ModelSourceError, match=r"not enough room for some-model: it needs 103 MB"):
        store.pull("some-model", hub=hub)
    assert hub_server.requests == []


def test_a_disk_that_fills_up_is_one_line(
    store: ModelStore, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def full(self: Path, mode: str = "r", *rest: Any, **more: Any) -> IO[Any]:
        file = opened(self, mode, *rest, **more)
        if self.name.endswith(".part") and mode != "rb":
            file.close()
            return open("/dev/full", "wb", buffering=0)  # noqa: PTH123
        return file

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ModelSourceError, match="the disk filled up while fetching some-model"):
        store.pull("some-model", hub=hub)
    monkeypatch.undo()
    assert store.installed() == []


def test_a_folder_that_cannot_be_written_is_one_line(
    catalogue: Catalogue, hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file" / "models", catalogue)
    with pytest.raises(ModelSourceError, match="cannot write some-model"):
        store.pull("some-model", hub=hub)


def test_two_pulls_of_one_model_do_not_mix(
    store: ModelStore, hub: Hub, catalogue: Catalogue
) -> None:
    refused: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        if done == 0 and not refused:
            with pytest.raises(ModelSourceError, match="already being fetched") as caught:
                ModelStore(store.folder, catalogue).pull("some-model", hub=hub)
            refused.append(str(caught.value))

    store.pull("some-model", meanwhile, hub)
    assert refused


def test_damage_is_noticed_and_a_pull_repairs_it(store: ModelStore, hub: Hub) -> None:
    path = store.pull("some-model", hub=hub)
    (path / "weights.bin").write_bytes(b"short")
    with pytest.raises(ModelCorruptError, match=r"wrong size.*companion models pull some-model"):
        store.path("some-model")
    store.pull("some-model", hub=hub)

    data = bytearray((path / "weights.bin").read_bytes())
    data[1000] ^= 1
    (path / "weights.bin").write_bytes(data)
    assert store.path("some-model") == path, "the quick look sees sizes only"
    with pytest.raises(ModelCorruptError, match=r"wrong SHA-256.*companion models pull some-model"):
        store.verify("some-model")
    store.pull("some-model", hub=hub)

    (path / "config.json").unlink()
    with pytest.raises(ModelCorruptError, match=r"config.json is missing"):
        store.path("some-model")
    store.pull("some-model", hub=hub)
    store.verify("some-model")


def test_the_hub_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_HUB", "http://mirror.example/")
    hub = Hub()
    hub.close()
    assert hub.base == "http://mirror.example"


def test_a_removed_model_is_missing(store: ModelStore, hub: Hub) -> None:
    shutil.rmtree(store.pull("some-model", hub=hub))
    assert store.installed() == []
