"""Random secrets of this installation, each in a file of the state folder that only its owner reads."""

import contextlib
import os
import secrets
from pathlib import Path

_OCTETS = 32


def read_or_make(file: Path) -> bytes:
    """The 32 random octets of a file, made on first use with mode 0600. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as made:
            made.write(secrets.token_bytes(_OCTETS))
    return file.read_bytes()
