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
import re
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


class ExportFolderTaken(PliError):
    """The folder is there already and is not empty, or cannot be made. The text is for the person."""

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
            if any(path.iterdir()):
                raise ExportFolderTaken(f"{path} is not empty")
        except OSError as error:
            raise ExportFolderTaken(f"{path}: {error.strerror}") from None

    def write(self, name: str, octets: bytes) -> None:
        """One whole file, readable by its owner alone."""
        with self._open(name) as file:
            file.write(octets)

    def add(self, letter: Letter, readable: bytes | None = None) -> None:
        """A message at the end of its folder's mbox (RFC 4155; lines as in mboxrd, line ends as they came).

        `readable` is what other programs open in its stead (bridge.export_readable).
        """
        quoted = _FROM.sub(rb">\1", letter.content if readable is None else readable)
        stamp = letter.received.strftime("%a %b %d %H:%M:%S %Y")
        with self._open(f"mail/{file_name(letter.folder)}.mbox") as file:
            file.write(f"From - {stamp}\r\n".encode() + quoted + b"\r\n" * (1 if quoted.endswith(b"\n") else 2))
        if quoted != letter.content:
            self.write(f"mail/exact/{file_name(letter.id)}.eml", letter.content)

    def finish(self) -> None:
        """The manifest, in the form of sha256sum; its presence says that nothing is missing."""
        self.write("MANIFEST.txt", "".join(f"{digest}  {name}\n" for name, digest in self._digests()).encode())

    def _open(self, name: str) -> BinaryIO:
        file = self.path / name
        file.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        return file.open("ab")

    def _digests(self) -> Iterator[tuple[str, str]]:
        for file in sorted(one for one in self.path.rglob("*") if one.is_file()):
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            yield file.relative_to(self.path).as_posix(), digest


def file_name(text: str) -> str:
    """A name of the page's as that of a file: no separator, nothing hidden, nothing long."""
    plain = _UNSAFE.sub("_", text).strip(" .")[:_LONGEST_NAME].strip(" .")
    return plain or "folder"
