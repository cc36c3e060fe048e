"""The local journal: who asked what and how it ended. Never a parameter, a subject, a PIN or a name of a patient."""

import csv
import json
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any

log = logging.getLogger("pli.bridge")

# The short thumbprint of the certificate whose key the call at hand used, for its line in the journal.
used_key: ContextVar[str] = ContextVar("used_key", default="")

MAX_BYTES = 4 * 1024 * 1024
_FILE = "journal.log"
_PREVIOUS = ("journal.log.3", "journal.log.2", "journal.log.1")  # the oldest first
_KEPT = ("journal.acts.1", "journal.acts")

# What a person agreed to or a card did. Mere questions come by the thousand, and must not push these out.
ACTS = frozenset(
    (
        *("pair", "pair-open", "unpair", "pin-change", "pin.change", "last-try", "diag.report"),
        *("auth.token", "card.prove", "message.sign", "export", "export.begin", "export.end"),
        *("mailbox.create", "mailbox.open", "mailbox.rotate", "grant.make", "log.append"),
        *("recovery.make", "recovery.request", "officers.make", "share.release"),
    )
)
_DONE = re.compile(
    rf'\{{"time": "[^"]*", "method": "(?:{"|".join(map(re.escape, sorted(ACTS)))})", .*"result": "ok"\}}'.encode()
)


@dataclass(frozen=True)
class Entry:
    """One call. `time` is RFC 3339 in UTC, `key` the thumbprint of the key that was used, `result` "ok" or an error's name."""

    time: str
    method: str
    origin: str
    key: str
    result: str


class Journal:
    """JSON lines in one file of the state folder, for its owner's eyes; full ones are kept beside it, three of them, and of what is older
    the acts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: FileIO | None = None
        self._size = 0
        self._lock = threading.Lock()

    def write(self, method: str, origin: str, result: str, *, thumbprint: str = "") -> None:
        """One line. `thumbprint` names the key that was used (SHA-256 of its certificate, shortened)."""
        self.finish(begin_line(method, origin, thumbprint), result)

    def finish(self, begun: str, result: str) -> None:
        """One line, of which all but the result was known before."""
        line = f'{begun}, "result": {json.dumps(result)}}}\n'.encode()
        with self._lock:
            self._current().write(line)
            self._size += len(line)

    def close(self) -> None:
        with self._lock:
            self._close()

    def _current(self) -> FileIO:
        """Kept open, and written in one piece: a page waits for its answer meanwhile."""
        if self._open is not None and self._size > MAX_BYTES:
            self._close()
            self._turn()
        if self._open is None:
            self._open = FileIO(_open_private(self._folder / _FILE, os.O_APPEND), "a")
            self._size = os.fstat(self._open.fileno()).st_size
        return self._open

    def _turn(self) -> None:
        self._keep_acts(self._folder / _PREVIOUS[0])
        for older, newer in pairwise((*_PREVIOUS, _FILE)):
            if (self._folder / newer).exists():
                (self._folder / newer).replace(self._folder / older)

    def _keep_acts(self, leaving: Path) -> None:
        lines = leaving.read_bytes().splitlines(keepends=True) if leaving.exists() else []
        acts = [line for line in lines if _DONE.match(line)]
        if not acts:
            return
        older, newer = (self._folder / name for name in _KEPT)
        if newer.exists() and newer.stat().st_size > MAX_BYTES:
            newer.replace(older)
        with os.fdopen(_open_private(newer, os.O_APPEND), "ab") as kept:
            kept.writelines(acts)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


def begin_line(method: str, origin: str, thumbprint: str) -> str:
    """What a line says of a call that begins now: written with its result, by `Journal.finish`."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f'{{"time": "{time}", {_who_asked_what(method, origin, thumbprint)}'


@lru_cache(maxsize=64)  # a page asks for the same by the hundred
def _who_asked_what(method: str, origin: str, thumbprint: str) -> str:
    return json.dumps({"method": method, "origin": origin, "key": thumbprint})[1:-1]


def read_journal(folder: Path) -> Iterator[Entry]:
    """What is kept, the oldest first. A line cut by a crash is left out."""
    for name in (*_KEPT, *_PREVIOUS, _FILE):
        try:
            lines = (folder / name).read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            continue
        yield from filter(None, map(_entry, lines))


def export_journal(entries: Iterable[Entry], file: Path) -> int:
    """Write CSV for a file of that ending, else JSON lines, mode 0600; how many. Raises OSError."""
    count = 0
    with os.fdopen(_open_private(file, os.O_TRUNC), "w", encoding="utf-8", newline="") as out:
        table = csv.writer(out) if file.suffix.lower() == ".csv" else None
        if table is not None:
            table.writerow(field.name for field in fields(Entry))
        for entry in entries:
            if table is not None:
                table.writerow(map(_as_text, astuple(entry)))
            else:
                out.write(_line(vars(entry)))
            count += 1
    return count


def _line(members: dict[str, str]) -> str:
    return json.dumps(members) + "\n"


def _open_private(file: Path, how: int) -> int:
    """A descriptor for writing, for the owner alone, whatever the umask says and whoever made the file."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return descriptor


def _entry(line: str) -> Entry | None:
    try:
        found: dict[str, Any] = json.loads(line)
        return Entry(**{field.name: str(found[field.name]) for field in fields(Entry)})
    except (ValueError, KeyError, TypeError):
        return None


def _as_text(value: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
