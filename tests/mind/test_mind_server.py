import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from companion.domain import TurnContext
from companion.errors import ConfigError, MindError
from companion.mind.companion_mind import CompanionMind
from companion.mind.model import Message, Sampling
from companion.mind.server import ServerModel

HELLO = [Message("user", "I planted some roses.")]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        server.paths.append(self.path)
        self.send_response(server.status)
        if server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        for line in server.lines if server.status == 200 else []:
            self.wfile.write(line.encode() + b"\n\n")
            self.wfile.flush()
        if server.hang:
            server.released.wait(5)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.bodies, httpd.paths, httpd.status, httpd.hang = [], [], 200, False
    httpd.released = threading.Event()
    httpd.lines = [
        'data: {"choices":[{"delta":{"role":"assistant"}}]}',
        'data: {"choices":[{"delta":{"content":"What colour "}}]}',
        'data: {"choices":[{"delta":{"content":"are the roses?"}}]}',
        "data: [DONE]",
    ]
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.released.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def model(server, **options):
    return ServerModel(f"http://127.0.0.1:{server.server_port}/v1/", "small", **options)


def test_a_streamed_reply_is_read(server):
    m = model(server)
    assert "".join(m.stream(HELLO, Sampling())) == "What colour are the roses?"
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0]["messages"] == [{"role": "user", "content": HELLO[0].content}]
    m.close()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_one_line(server, status):
    server.status = status
    m = model(server)
    with pytest.raises(MindError, match=str(status)):
        list(m.stream(HELLO, Sampling()))
    assert len(server.paths) == 1, "redirects are not followed"
    m.close()


def test_nonsense_is_an_error(server):
    server.lines = ["data: {nonsense"]
    m = model(server)
    with pytest.raises(MindError, match="no answer"):
        list(m.stream(HELLO, Sampling()))
    m.close()


def test_a_server_that_hangs_is_given_up(server):
    server.lines, server.hang = [], True
    m = model(server, timeout_s=0.3)
    with pytest.raises(MindError, match="too slow"):
        list(m.stream(HELLO, Sampling()))
    m.close()


def test_the_environments_proxy_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    m = model(server)
    assert list(m.stream(HELLO, Sampling()))
    m.close()


def test_a_server_that_is_down_leaves_the_local_model_to_answer(prompts, fake_model):
    down = ServerModel("http://127.0.0.1:1/v1", "small")
    mind = CompanionMind(prompts, [down, fake_model("What colour are the roses?")], trust="small")
    parts = list(mind.reply("I planted some roses.", TurnContext()))
    assert [p.text for p in parts] == ["What colour are the roses?"]
    assert "cannot be reached" in (mind.take_trouble() or "")
    mind.close()


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://x/", "http://"])
def test_a_bad_address_is_a_config_error(url):
    with pytest.raises(ConfigError, match=r"mind\.server"):
        ServerModel(url, "small")
