"""A worker process without networks: behaves, or misbehaves, as it is told."""

from __future__ import annotations

import os
import socket
import sys
import time

import numpy as np

from companion.hearing.speakers.wire import WireError, receive, send

NOTHING = np.empty(0, np.float32)


def main(line: socket.socket, how: str, idle_s: float) -> int:
    if how == "mute":
        time.sleep(60)
    if how == "stillborn":
        return 3
    if how == "broken":
        send(line, {"error": "ImportError: no torch"}, NOTHING, until=None)
        return 1
    send(line, {"ready": True}, NOTHING, until=None)
    while True:
        try:
            _, sound = receive(line, until=time.monotonic() + idle_s)
        except WireError:
            return 0
        if how == "dies":
            os._exit(9)
        if how == "hangs":
            time.sleep(60)
        if how == "fails":
            send(line, {"error": "ValueError: odd"}, NOTHING, until=None)
            continue
        if how == "babbles":
            line.sendall(b"\x00\x01hello, I am no message at all")
            return 0
        voice = np.full(3, float(np.abs(sound).max(initial=0)), np.float32)
        words = {"seconds": [len(sound) / 16_000], "overlap_s": 0.25, "changes": 1}
        send(line, words, voice, until=None)


if __name__ == "__main__":
    sys.exit(main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], float(sys.argv[3])))
