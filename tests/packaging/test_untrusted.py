"""No file of a model can run code: nothing in the package unpickles, and every model has its hash.

That a wrong hash installs nothing is tested in tests/service (wheel models, hub downloads).
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.errors import ModelCorruptError
from companion.hearing.speakers.worker.trust import SEGMENTATION_SHA256, check
from companion.service.catalogue import load_catalogue

ROOT = Path(__file__).resolve().parents[2]
UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
KNOWN = {"companion/hearing/speakers/worker/models.py: from_pretrained without weights_only=True"}
"""pyannote offers no other way; its file's hash is compared just before (worker/trust.py)."""


def faults(code: str) -> Iterator[str]:
    """Name what could run code that lies in a file."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        yield from (f"import {name}" for name in names if name.split(".")[0] in UNPICKLERS)
        if isinstance(node, ast.Call):
            yield from _call(node)


def _call(node: ast.Call) -> Iterator[str]:
    said = {word.arg: ast.unparse(word.value) for word in node.keywords}
    match ast.unparse(node.func):
        case "np.load" | "numpy.load":
            if said.get("allow_pickle") != "False":
                yield "np.load without allow_pickle=False"
        case "np.fromregex" | "eval" | "exec" | "yaml.unsafe_load" | "yaml.full_load" as name:
            yield name
        case "yaml.load":
            if said.get("Loader") not in ("yaml.SafeLoader", "yaml.CSafeLoader"):
                yield "yaml.load without SafeLoader"
        case name if name in ("torch.load", "torch.jit.load") or name.endswith(".from_pretrained"):
            if said.get("weights_only") != "True":
                yield f"{name.rpartition('.')[2]} without weights_only=True"


def test_nothing_in_the_package_unpickles() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {fault}"
        for path in (ROOT / "companion").rglob("*.py")
        for fault in faults(path.read_text("utf-8"))
    }
    assert found == KNOWN


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import pickle as p, os",
        "np.load('x')",
        "np.load('x', allow_pickle=True)",
        "np.load('x', allow_pickle=trusted)",
        "torch.load('x')",
        "torch.load('x', weights_only=False)",
        "Model.from_pretrained('x')",
        "yaml.load(text, Loader=yaml.Loader)",
        "eval(text)",
    ],
)
def test_the_search_would_find_it(code: str) -> None:
    assert len(list(faults(code))) == 1


def test_what_is_safe_is_let_be() -> None:
    code = "np.load('x', allow_pickle=False); torch.load('x', weights_only=True); json.load(x)"
    assert list(faults(code)) == []


def test_what_we_trained_and_ship_holds_plain_numbers() -> None:
    files = [*(ROOT / "models").rglob("*.npz"), *(ROOT / "models").rglob("*.npy")]
    assert files
    for path in files:
        with np.load(path, allow_pickle=False) as stored:
            assert not any(stored[name].dtype.hasobject for name in stored.files), path
    others = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt"}
    assert not [path for path in (ROOT / "models").rglob("*") if path.suffix in others]


def test_every_file_of_a_model_has_a_sha256() -> None:
    pickles = set()
    for model in load_catalogue().models.values():
        assert model.pinned
        for file in model.files:
            assert file.sha256, (model.name, file.path)
            if file.path.endswith((".bin", ".pt", ".pth", ".ckpt")) and model.kind != "whisper":
                pickles.add(model.name)
    # Whisper's model.bin is CTranslate2's own format.
    assert pickles == {"campplus-zh-en", "pyannote-segmentation-3.0"}


def test_the_one_pickle_is_read_only_if_it_is_the_one_we_know(tmp_path: Path) -> None:
    (file,) = load_catalogue().model("pyannote-segmentation-3.0").files
    assert file.sha256 == SEGMENTATION_SHA256
    source = (ROOT / "companion/hearing/speakers/worker/models.py").read_text("utf-8")
    checked = "file = check(folder / SEGMENTATION_FILE, SEGMENTATION_SHA256)"
    assert f"{checked}\n        model = Model.from_pretrained(file)\n" in source
    path = tmp_path / file.path
    with pytest.raises(ModelCorruptError, match="cannot read"):
        check(path, SEGMENTATION_SHA256)
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(ModelCorruptError, match="is not the file we know"):
        check(path, SEGMENTATION_SHA256)
    assert check(path, hashlib.sha256(b"\x80\x04.").hexdigest()) == path
