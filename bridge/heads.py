"""The last membership-log head seen of each mailbox, so that a server can neither roll back nor fork a log unseen."""

import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Head:
    """The sequence number of an entry and the SHA-256 of its ContentInfo; when the operator last put back an older log, if ever; and
    the latest time that the log states up to there, where it was replayed.
    """

    seq: int
    digest: bytes
    restored: datetime | None = None
    time: datetime | None = None


class Heads:
    """A small file of the state folder, replaced in one step."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "heads.json"
        self._lock = threading.Lock()

    def known(self, mailbox_id: str) -> Head | None:
        found = self._read().get(mailbox_id)
        if found is None:
            return None
        restored, time = (
            datetime.fromisoformat(found[name]) if found.get(name) else None for name in ("restored", "time")
        )
        return Head(found["seq"], bytes.fromhex(found["head"]), restored, time)

    def remember(self, mailbox_id: str, head: Head) -> None:
        """A newer head; that an older log was put back once stays known."""
        self._write(mailbox_id, _written(head))

    def put_back(self, mailbox_id: str, head: Head) -> None:
        """An older head, `restored` by the operator, which a person agreed to."""
        restored = {} if head.restored is None else {"restored": head.restored.isoformat()}
        self._write(mailbox_id, {**_written(head), **restored})

    def _write(self, mailbox_id: str, facts: dict[str, Any]) -> None:
        with self._lock:
            heads = self._read()
            heads[mailbox_id] = {**heads.get(mailbox_id, {}), **facts}
            draft = self._file.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(heads, indent=1), "utf-8")
            draft.replace(self._file)

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        heads: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        return heads


def _written(head: Head) -> dict[str, Any]:
    time = None if head.time is None else head.time.isoformat()
    return {"seq": head.seq, "head": head.digest.hex(), "time": time}
