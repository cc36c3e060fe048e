"""The local journal: who asked what and how it ended. Never a parameter, a subject, a PIN or a name of a patient."""

import json
import logging
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

log = logging.getLogger("pli.bridge")

# The short thumbprint of the certificate whose key the call at hand used, for its line in the journal.
used_key: ContextVar[str] = ContextVar("used_key", default="")

MAX_BYTES = 4 * 1024 * 1024


class Journal:
    """JSON lines in one file of the state folder, the previous file kept beside it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "journal.log"
        self._open: TextIO | None = None
        self._lock = threading.Lock()

    def write(self, method: str, origin: str, result: str, *, thumbprint: str = "") -> None:
        """One line. `thumbprint` names the key that was used (SHA-256 of its certificate, shortened)."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "method": method, "origin": origin}
        line |= {"key": thumbprint, "result": result}
        with self._lock:
            file = self._current()
            file.write(json.dumps(line) + "\n")
            file.flush()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _current(self) -> TextIO:
        """Kept open: a line is written while a page waits for its answer."""
        if self._open is not None and self._open.tell() > MAX_BYTES:
            self._close()
            self._file.replace(self._file.with_suffix(".log.1"))
        if self._open is None:
            self._open = self._file.open("a", encoding="utf-8")
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None
