"""``companion wyoming serve`` as a process, and what it refuses."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

COMMAND = [sys.executable, "-m", "companion", "wyoming", "serve"]


@pytest.mark.real
def test_it_serves_until_it_is_ended() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"tcp://127\.0\.0\.1:(\d+)", line)
        if found is None and "companion models pull" in process.communicate(timeout=20)[1]:
            pytest.skip("starter models are not here")
        assert found, line

        async def describe() -> Info:
            async with AsyncTcpClient("127.0.0.1", int(found[1]), read_timeout=10.0) as client:
                await client.write_event(Describe().event())
                event = await client.read_event()
                assert event is not None
                return Info.from_event(event)

        info = asyncio.run(describe())
        assert info.asr
        assert info.tts
        assert info.handle
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert process.communicate()[1] == ""
    finally:
        process.kill()
        process.communicate()


@pytest.mark.real
def test_a_port_that_is_taken_is_one_plain_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=60, env=os.environ
        )
    if "models pull" in done.stderr:
        pytest.skip("starter models are not here")
    assert done.returncode == 19
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr
