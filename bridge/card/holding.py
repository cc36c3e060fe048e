"""Whether another program holds the card in a reader, and which program that may be.

An exclusive connection is seen in the reader's state. A transaction is not: pcsc-lite lets SCardConnect wait for its end,
so a connection that does not come at once says that somebody is in the middle of something.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from bridge.card.winscard import Context, PcscFailed, PcscMissing, Winscard

Hold = Literal["free", "exclusive", "transaction"]

_WAIT_SECONDS = 0.15
_LIBRARY = "libpcsclite"


class _Attempt:
    """One connection, tried in a thread of its own: it comes when a transaction of somebody else's ends."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._is_held = False
        self._thread = threading.Thread(target=self._connect, daemon=True, name="held")
        self._thread.start()

    @property
    def is_under_way(self) -> bool:
        return self._thread.is_alive()

    def outcome(self) -> Hold:
        self._thread.join(_WAIT_SECONDS)
        if self._thread.is_alive():
            return "transaction"
        return "exclusive" if self._is_held else "free"

    def _connect(self) -> None:
        with contextlib.suppress(PcscFailed, PcscMissing), Context(Winscard()) as context:
            self._is_held = context.is_held(self._reader)


class HeldProbe:
    """Tries a connection beside the module's, one per reader at a time. Thread-safe."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}
        self._lock = threading.Lock()

    def look(self, reader: str) -> Hold:
        """Whether another program holds this reader's card now, and how; answers within 0.15 s."""
        with self._lock:
            attempt = self._attempts.get(reader)
            if attempt is None or not attempt.is_under_way:
                attempt = self._attempts[reader] = _Attempt(reader)
        return attempt.outcome()


def holders() -> str | None:
    """The names of the other programs of this user that speak PC/SC; None where none is seen.

    Linux only, and at best a hint: who holds the card cannot be asked, and programs of other users stay unseen.
    """
    if sys.platform != "linux":
        return None
    names = {_name(process) for process in _processes() if _speaks_pcsc(process)}
    return ", ".join(sorted(names - {""})) or None


def _processes() -> Iterator[Path]:
    """The processes of /proc, without the bridge and its children."""
    ours = os.getpid()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != ours and _parent(process) != ours:
            yield process


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _speaks_pcsc(process: Path) -> bool:
    try:
        return _LIBRARY in (process / "maps").read_text("utf-8", "replace")
    except OSError:
        return False  # another user's, or gone


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
