"""What the matrix asks of an S/MIME program: to read a message, and to write one. No peer knows anything of Pli."""

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from forms import Form

Completed = subprocess.CompletedProcess[bytes]


class PeerRefused(Exception):
    """A peer could not read, found no good signature, or does not write this form; the text is what it said."""


@dataclass(frozen=True)
class Correspondent:
    """A folder with certificate.pem, private-key.pem and chain.pem, and a PKCS#12 (password).

    This person trusts the `roots`, and knows the authorities in `intermediates`.
    """

    folder: Path
    p12: Path
    password: str
    roots: Sequence[Path]
    intermediates: Sequence[Path]
    address: str = "denis@partner.example"
    kind: str = "rsa"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def chain(self) -> Path:
        return self.folder / "chain.pem"

    @property
    def private_key(self) -> Path:
        return self.folder / "private-key.pem"


@dataclass(frozen=True)
class Reading:
    """What a peer found in a message, and what protected it.

    `content` is the innermost MIME entity if `whole`, else the text that a person sees;
    `attachments` are names as the person sees them, None where the program does not tell.
    """

    content: bytes
    encrypted: bool
    signed: bool
    attachments: tuple[str, ...] | None = None
    whole: bool = False


@dataclass(frozen=True)
class Commission:
    """A letter that a peer is to write. `certificate`: the recipient's, PEM, with `chain` behind it."""

    form: Form
    sender: Correspondent
    recipient: str
    certificate: Path
    chain: Path
    subject: str
    text: str


class Peer(ABC):
    """A program with a profile of its own in `work`, in which `people` are at home."""

    name: str
    program: str

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.people = work, list(people)
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what the peer has started."""

    @abstractmethod
    def version(self) -> str:
        """As the program itself says it."""

    @abstractmethod
    def read(self, message: bytes) -> Reading:
        """Open an RFC 5322 message, whoever of `people` it is for. Raises PeerRefused."""

    @abstractmethod
    def write(self, letter: Commission) -> bytes:
        """The RFC 5322 message. Raises PeerRefused where the program does not write this form."""

    def file(self, content: bytes = b"", suffix: str = "") -> Path:
        """A new file in `work`."""
        self._files += 1
        path = self.work / f"file-{self._files}{suffix}"
        path.write_bytes(content)
        return path

    def bundle(self, files: Sequence[Path]) -> Path:
        return self.file(b"".join(file.read_bytes() for file in files), ".pem")

    @property
    def roots(self) -> list[Path]:
        return list(dict.fromkeys(root for person in self.people for root in person.roots))

    @property
    def intermediates(self) -> list[Path]:
        return list(dict.fromkeys(file for person in self.people for file in person.intermediates))


def run(command: Sequence[object], data: bytes = b"", environment: Mapping[str, str] | None = None) -> Completed:
    """A program of a peer; a minute at most."""
    arguments = [str(part) for part in command]
    settings = {**os.environ, **(environment or {})}
    return subprocess.run(arguments, input=data, capture_output=True, env=settings, check=False, timeout=60)


def require(done: Completed, what: str) -> bytes:
    """Its output, or PeerRefused with the end of what it said."""
    if done.returncode:
        raise PeerRefused(f"{what}: {one_line(done.stderr or done.stdout)}")
    return done.stdout


def one_line(said: bytes) -> str:
    return " ".join(said.decode(errors="replace").split())[-400:]
