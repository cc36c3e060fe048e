"""Random secrets of this installation, each in a file of the state folder that only its owner reads."""

import contextlib
import os
import secrets
from pathlib import Path

from bridge.errors import PliError

_OCTETS = 32


class KeyFileDamaged(PliError):
    """A secret of the state folder is cut off or was written by another hand: what is derived from it could be guessed."""

    code = "key-file-damaged"


def read_or_make(file: Path) -> bytes:
    """The 32 random octets of a file, made on first use with mode 0600. Raises KeyFileDamaged, OSError."""
    if not file.exists():
        _make(file)
    found = file.read_bytes()
    if len(found) != _OCTETS:
        raise KeyFileDamaged(f"{file} is damaged: delete it, and the bridge makes another")
    return found


def _make(file: Path) -> None:
    """Whole or not at all: a computer that stops meanwhile must not leave an empty secret."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(secrets.token_bytes(_OCTETS))
        made.flush()
        os.fsync(made.fileno())
    with contextlib.suppress(FileExistsError):  # Windows, where another was first
        draft.rename(file)
