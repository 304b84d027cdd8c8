"""A loopback hub with ranges that can break off, and a catalogue that points at it."""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fake_hub import COMMIT, REPO, FakeHub, sha256

from companion.service.catalogue import Catalogue, Model, ModelFile
from companion.service.hub import Hub


@pytest.fixture
def hub_server() -> Iterator[FakeHub]:
    fake = FakeHub({"weights.bin": bytes(range(256)) * 9000, "sub/config.json": b'{"a": 1}'})

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            fake.requests.append((self.path, asked))
            if fake.statuses:
                self.send_error(fake.statuses.pop(0))
                return
            if self.path.startswith("/api/models/"):
                body = json.dumps(fake.record()).encode()
                self._answer(200, body, {})
                return
            data = fake.files.get(self.path.partition(f"/resolve/{COMMIT}/")[2])
            if data is None:
                self.send_error(404)
                return
            match = re.fullmatch(r"bytes=(\d+)-", asked or "")
            if match and fake.ranges:
                start = int(match[1])
                span = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
                self._answer(206, data[start:], span)
            else:
                self._answer(200, data, {})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fake.cut_after:
                body = body[: fake.cut_after.pop(0)]
                self.close_connection = True
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    fake.base = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hub(hub_server: FakeHub) -> Iterator[Hub]:
    hub = Hub(hub_server.base, sleep=lambda _: None)
    yield hub
    hub.close()


@pytest.fixture
def hub_model(hub_server: FakeHub) -> Model:
    weights, config = hub_server.files["weights.bin"], hub_server.files["sub/config.json"]
    return Model(
        name="some-model",
        kind="llm",
        description="made up",
        licence="MIT",
        size_mb=3,
        ram_mb=10,
        source="hub",
        repo=REPO,
        revision=COMMIT,
        files=(
            ModelFile(path="weights.bin", size=len(weights), sha256=sha256(weights)),
            ModelFile(
                path="config.json",
                file="sub/config.json",
                size=len(config),
                sha256=sha256(config),
            ),
        ),
    )


@pytest.fixture
def catalogue(hub_model: Model) -> Catalogue:
    return Catalogue(models={"some-model": hub_model}, profiles={})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "my models"
