"""What must hold before pyannote is imported: no telemetry, no network, no native torchaudio."""

from __future__ import annotations

import os
import resource
import sys
import warnings
from contextlib import suppress
from types import ModuleType
from typing import Final

_SETTINGS: Final = {
    "PYANNOTE_METRICS_ENABLED": "0",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "OTEL_SDK_DISABLED": "true",
    "MPLBACKEND": "agg",
    "OMP_WAIT_POLICY": "PASSIVE",
}

_EXTENSION: Final = "torchaudio._extension"


def prepare(threads: int) -> None:
    """Make this process fit to hear voices; call it before anything imports torch.

    Args:
        threads: how many the networks may use.
    """
    os.environ.update(_SETTINGS, OMP_NUM_THREADS=str(threads))
    with suppress(OSError, ValueError):
        # What somebody said must not end in a core file.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # torchcodec has no codecs here, and needs none: sound comes as samples.
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    stub_torchaudio()


def stub_torchaudio() -> bool:
    """Do without torchaudio's native library where it cannot be loaded.

    The registry's x86 build links CUDA. We use the filter banks only, which are Python.

    Returns:
        Whether the stub was needed.
    """
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        stub = ModuleType(_EXTENSION)
        vars(stub).update(
            _IS_TORCHAUDIO_EXT_AVAILABLE=False,
            _IS_ALIGN_AVAILABLE=False,
            fail_if_no_align=lambda function: function,
        )
        sys.modules[_EXTENSION] = stub
        return True
    return False
