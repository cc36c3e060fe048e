"""Whether another program holds the card in a reader, and which program that may be.

An exclusive connection is seen in the reader's state. A transaction is not: pcsc-lite lets SCardConnect wait for its end,
so a connection that does not come at once says that somebody is in the middle of something.
"""

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


class HeldProbe:
    """Tries a connection beside the module's, one per reader at a time."""

    def __init__(self) -> None:
        self._waiting: dict[str, threading.Thread] = {}
        self._held: dict[str, bool] = {}

    def look(self, reader: str) -> Hold:
        """Whether another program holds this reader's card now, and how; answers within 0.15 s."""
        thread = self._waiting.get(reader)
        if thread is None or not thread.is_alive():
            self._held.pop(reader, None)
            thread = threading.Thread(target=self._ask, args=(reader,), daemon=True, name="held")
            self._waiting[reader] = thread
            thread.start()
        thread.join(_WAIT_SECONDS)
        if thread.is_alive():
            return "transaction"
        return "exclusive" if self._held.get(reader, False) else "free"

    def _ask(self, reader: str) -> None:
        try:
            with Context(Winscard()) as context:
                self._held[reader] = context.is_held(reader)
        except (PcscFailed, PcscMissing):
            self._held[reader] = False


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
