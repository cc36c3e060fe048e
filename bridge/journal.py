"""The local journal: who asked what and how it ended. Never a parameter, a subject, a PIN or a name of a patient."""

import json
import logging
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger("pli.bridge")

# The short thumbprint of the certificate whose key the call at hand used, for its line in the journal.
used_key: ContextVar[str] = ContextVar("used_key", default="")

MAX_BYTES = 4 * 1024 * 1024


class Journal:
    """JSON lines in one file of the state folder, the previous file kept beside it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "journal.log"
        self._lock = threading.Lock()

    def write(self, method: str, origin: str, result: str, *, thumbprint: str = "") -> None:
        """One line. `thumbprint` names the key that was used (SHA-256 of its certificate, shortened)."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "method": method, "origin": origin}
        line |= {"key": thumbprint, "result": result}
        with self._lock:
            self._turn()
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _turn(self) -> None:
        if self._file.exists() and self._file.stat().st_size > MAX_BYTES:
            self._file.replace(self._file.with_suffix(".log.1"))
