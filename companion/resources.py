"""The data folders (``prompts``, ``voices``, ``models``), from a checkout or a wheel."""

from functools import cache
from pathlib import Path
from typing import Literal

DataFolder = Literal["prompts", "voices", "models"]


@cache
def data_dir(folder: DataFolder) -> Path:
    """Return where a data folder lies.

    A wheel carries the folders inside the package (``companion/_data``); a checkout keeps
    them at the top level, where a clinician can find them.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_data" / folder, package.parent / folder):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the {folder} folder is missing from this installation; reinstall")
