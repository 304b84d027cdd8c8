"""What a made-up hub holds and how it misbehaves."""

import hashlib
from dataclasses import dataclass, field

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "someone/some-model"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class FakeHub:
    files: dict[str, bytes]
    base: str = ""
    cut_after: list[int] = field(default_factory=list)
    """For each of the next answers: how many bytes are sent before the line drops."""
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    lfs: bool = True

    def record(self) -> dict[str, object]:
        siblings = []
        for name, data in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": blob}
            if self.lfs:
                entry["lfs"] = {"sha256": sha256(data), "size": len(data)}
            siblings.append(entry)
        return {"sha": COMMIT, "siblings": siblings}
