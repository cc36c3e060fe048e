"""A mailbox on its way out of Pli, as files that any mail program and `openssl` read: `pli-bridge export` (docs/OPERATE.md).

README.txt
mail/INBOX.mbox …            every message of a folder behind its "From " line
mail/exact/ID.eml            the same as it came, where the mbox has another encryption or had to change a line that begins with "From "
mail/unopened/ID.p7m         what did not open, as it was stored
keys/epoch-N-encryption.p12  the keys of every epoch under the passphrase, and keys/epoch-N-signature.p12
certificates/epoch-N.pem
trace/trace.csv.p7m          who read what, signed by the server
MANIFEST.txt                 SHA-256 of each file, written last
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from bridge.errors import PliError

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)  # mboxrd: a line that looks like a separator gets one more ">"
_UNSAFE = re.compile(r"[^\w .@()'+-]", re.UNICODE)
_LONGEST_NAME = 80
_BLOCK = 1024 * 1024
_PRIVATE = 0o700
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)  # each where the system has it


class ExportFolderTaken(PliError):
    """The folder is there already and is not empty or not the person's own, or cannot be made. The text is for the person."""

    code = "export-folder-taken"


@dataclass(frozen=True)
class Letter:
    """One message: its RFC 5322 octets, when it came, and the folder whose name the page gave."""

    id: str
    folder: str
    received: datetime
    content: bytes


class ExportFolder:
    """Writes the files of one export. Raises ExportFolderTaken at construction, OSError where the disk refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            if not _is_own(path):
                raise ExportFolderTaken(f"{path} is not yours alone to write in")
            if any(path.iterdir()):
                raise ExportFolderTaken(f"{path} is not empty")
        except OSError as error:
            raise ExportFolderTaken(f"{path}: {error.strerror}") from None

    def write(self, name: str, octets: bytes) -> None:
        """One whole file, readable by its owner alone."""
        with self._open(name, os.O_EXCL) as file:
            file.write(octets)

    def add(self, letter: Letter, readable: bytes | None = None) -> None:
        """A message at the end of its folder's mbox (RFC 4155; lines as in mboxrd, line ends as they came).

        `readable` is what other programs open in its stead (bridge.export_readable).
        """
        quoted = _FROM.sub(rb">\1", letter.content if readable is None else readable)
        stamp = letter.received.strftime("%a %b %d %H:%M:%S %Y")
        with self._open(f"mail/{file_name(letter.folder)}.mbox", os.O_APPEND) as file:
            file.write(f"From - {stamp}\r\n".encode() + quoted + b"\r\n" * (1 if quoted.endswith(b"\n") else 2))
        if quoted != letter.content:
            self.write(f"mail/exact/{file_name(letter.id)}.eml", letter.content)

    def finish(self) -> None:
        """The manifest, in the form of sha256sum; its presence says that nothing is missing."""
        self.write("MANIFEST.txt", "".join(f"{digest}  {name}\n" for name, digest in self._digests()).encode())

    def _open(self, name: str, flag: int) -> BinaryIO:
        """`flag`: O_EXCL for a file that must be new, O_APPEND for one that grows. No link is followed to anywhere."""
        file = self.path / name
        file.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | flag | _PLAIN, 0o600), "wb")

    def _digests(self) -> Iterator[tuple[str, str]]:
        for file in sorted(one for one in self.path.rglob("*") if one.is_file()):
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            yield file.relative_to(self.path).as_posix(), digest


def _is_own(path: Path) -> bool:
    """Where the system knows owners and modes: the person's, and writable by nobody else, who could plant files or links."""
    if os.name != "posix":
        return True
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def file_name(text: str) -> str:
    """A name of the page's as that of a file: no separator, nothing hidden, nothing long."""
    plain = _UNSAFE.sub("_", text).strip(" .")[:_LONGEST_NAME].strip(" .")
    return plain or "folder"
