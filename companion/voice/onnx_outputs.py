"""Piper's own phoneme durations, exposed without changing the model on disk.

A Piper voice computes how many samples each phoneme lasts (the output of its only ``Ceil``
node) and then forgets it. ONNX files are protocol buffers, and two protocol buffers joined
end to end are read as one merged message: a few bytes after the model that say "this is an
output too" are enough. The joined bytes live in an anonymous memory file for as long as the
session takes to load, because a session made from bytes keeps them (60 MB measured).
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Field numbers of onnx.proto, stable by protobuf's rules.
_MODEL_GRAPH = 7
_GRAPH_NODE = 1
_GRAPH_OUTPUT = 12
_NODE_OUTPUT = 2
_NODE_OP_TYPE = 4
_VALUE_NAME = 1
_LENGTH_DELIMITED = 2

Buffer = bytes | mmap.mmap


@contextmanager
def with_durations(model: Path) -> Iterator[tuple[str, str | None]]:
    """Yield a path to load the model from and the name of its durations output.

    The name is None, and the path the model's own, when the model has no such node or this
    system has no anonymous memory files; word times are then estimated.

    Raises:
        OSError: the model cannot be read.
    """
    name = _find_durations(model)
    fd = _joined(model, name) if name else None
    try:
        yield (str(model), None) if fd is None else (f"/proc/self/fd/{fd}", name)
    finally:
        if fd is not None:
            os.close(fd)


def _joined(model: Path, name: str) -> int | None:
    value = _field(_VALUE_NAME, name.encode())
    extra = _field(_MODEL_GRAPH, _field(_GRAPH_OUTPUT, value))
    if not hasattr(os, "memfd_create"):
        return None
    try:
        fd = os.memfd_create("voice")
    except OSError:
        return None
    try:
        with model.open("rb") as file:
            left, offset = os.fstat(file.fileno()).st_size, 0
            while left > offset:
                sent = os.sendfile(fd, file.fileno(), offset, left - offset)
                if sent == 0:
                    raise OSError("the model was cut short while it was read")
                offset += sent
        os.write(fd, extra)
    except OSError:
        os.close(fd)
        return None
    return fd


def _find_durations(model: Path) -> str | None:
    """Return the output of the model's only ``Ceil`` node."""
    with model.open("rb") as file, suppress(ValueError, IndexError):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = list(_ceil_outputs(data))
        if len(set(found)) == 1:
            return found[0].decode("utf-8")
    return None


def _ceil_outputs(data: Buffer) -> Iterator[bytes]:
    for field, start, stop in _fields(data, 0, len(data)):
        if field != _MODEL_GRAPH:
            continue
        for inner, node_start, node_stop in _fields(data, start, stop):
            if inner == _GRAPH_NODE:
                node = bytes(data[node_start:node_stop])
                parts = [(f, node[a:b]) for f, a, b in _fields(node, 0, len(node))]
                if (_NODE_OP_TYPE, b"Ceil") in parts:
                    yield next(value for f, value in parts if f == _NODE_OUTPUT)


def _fields(data: Buffer, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and stop of each length-delimited field of a message.

    Raises:
        ValueError: the bytes are not a message.
    """
    while at < stop:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _LENGTH_DELIMITED:
            length, at = _varint(data, at)
            if at + length > stop:
                raise ValueError("a field is longer than its message")
            yield key >> 3, at, at + length
            at += length
        elif kind == 0:
            _, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("not a message")


def _varint(data: Buffer, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("not a number")


def _field(number: int, payload: bytes) -> bytes:
    return _encode(number << 3 | _LENGTH_DELIMITED) + _encode(len(payload)) + payload


def _encode(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
