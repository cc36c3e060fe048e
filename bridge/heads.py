"""The last membership-log head seen of each mailbox, so that a server can neither roll back nor fork a log unseen."""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Head:
    """The sequence number of an entry and the SHA-256 of its ContentInfo."""

    seq: int
    digest: bytes


class Heads:
    """A small file of the state folder, replaced in one step."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "heads.json"
        self._lock = threading.Lock()

    def known(self, mailbox_id: str) -> Head | None:
        found = self._read().get(mailbox_id)
        return None if found is None else Head(found["seq"], bytes.fromhex(found["head"]))

    def remember(self, mailbox_id: str, head: Head) -> None:
        with self._lock:
            heads = self._read()
            heads[mailbox_id] = {"seq": head.seq, "head": head.digest.hex()}
            draft = self._file.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(heads, indent=1), "utf-8")
            draft.replace(self._file)

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        heads: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        return heads
