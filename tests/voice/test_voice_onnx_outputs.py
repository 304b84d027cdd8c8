from pathlib import Path

import pytest

from companion.voice.onnx_outputs import _ceil_outputs, _field, with_durations


def node(kind: str, output: str) -> bytes:
    body = _field(1, b"in") + _field(2, output.encode()) + _field(4, kind.encode())
    return _field(1, body)


def model(*nodes: bytes) -> bytes:
    weights = _field(5, _field(9, b"\x22\x04Ceil" * 100))  # weights may look like anything
    return b"\x08\x07" + _field(2, b"maker") + _field(7, b"".join(nodes) + weights)


def test_the_durations_are_the_only_ceil_and_the_model_is_extended(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    data = model(node("Mul", "a"), node("Ceil", "lasts"), node("Add", "b"))
    path.write_bytes(data)
    with with_durations(path) as (readable, name):
        assert name == "lasts"
        joined = Path(readable).read_bytes()
    assert joined.startswith(data)
    assert joined[len(data) :] == _field(7, _field(12, _field(1, b"lasts")))
    assert path.read_bytes() == data
    assert not Path(readable).exists()


@pytest.mark.parametrize(
    "data",
    [
        model(node("Mul", "a")),
        model(node("Ceil", "a"), node("Ceil", "b")),
        model(node("Ceil", "a"))[:-200],
        b"\xff" * 50,
        b"not a model",
        b"",
    ],
    ids=["none", "two", "cut short", "noise", "text", "empty"],
)
def test_without_a_sure_answer_the_model_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with with_durations(path) as (readable, name):
        assert (readable, name) == (str(path), None)


def test_a_real_varint_length_is_read() -> None:
    assert list(_ceil_outputs(model(node("Ceil", "x" * 300)))) == [b"x" * 300]
