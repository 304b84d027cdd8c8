"""A process that bears children and tells of them: what nurseries of all kinds share.

Forking saves the imports. ``child <pid>`` follows each birth, ``dead`` each end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def tell(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def serve(child: Callable[..., None]) -> None:
    """Read lines; for each bear a child that is given its words."""
    for line in sys.stdin:
        words = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                child(*words)
            except BaseException as error:
                tell(f"trouble {error!r}")
            finally:
                os._exit(1)
        tell(f"child {pid}")
        os.waitpid(pid, 0)
        tell("dead")
