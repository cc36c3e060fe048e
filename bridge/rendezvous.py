"""Shared hosts: a folder where each user's bridge writes its port, so that any bridge can send a caller to the caller's own.

The folder belongs to root and is sticky (as /tmp): everybody adds a file named by their uid, nobody replaces another's. A file is
believed only if the user it is named after owns it.
"""

import contextlib
import json
import os
import stat
from pathlib import Path

from bridge.errors import PolicyRefused
from bridge.peers import Owner

_MAX_OCTETS = 200


class Rendezvous:
    """The folder of a policy. Raises PolicyRefused where somebody could put files under another name into it."""

    def __init__(self, folder: Path, ports: range) -> None:
        self._folder = folder
        self._ports = ports
        if os.name != "posix":
            raise PolicyRefused("a rendezvous folder needs a system with uids: leave it out, and pages try each port")
        try:
            found = folder.stat()
        except OSError as error:
            raise PolicyRefused(f"the rendezvous folder {folder}: {error.strerror}") from None
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or not found.st_mode & stat.S_ISVTX:
            raise PolicyRefused(f"the rendezvous folder {folder} must belong to root and be sticky (mode 1777)")

    def publish(self, port: int) -> None:
        """Write this user's own file. Raises PolicyRefused where another user took the name."""
        file = self._own_file()
        try:
            file.unlink(missing_ok=True)
            made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError as error:
            raise PolicyRefused(f"the rendezvous file {file}: {error.strerror}") from None
        with os.fdopen(made, "w", encoding="ascii") as stream:
            os.fchmod(made, 0o644)  # whatever the umask
            json.dump({"port": port}, stream)

    def withdraw(self) -> None:
        """Take the port away again: nobody is sent to a bridge that stopped. What another user left under the name stays."""
        with contextlib.suppress(OSError):
            self._own_file().unlink()

    def port_of(self, owner: Owner) -> int | None:
        """Where the bridge of a user listens, by their own word; None where they left none."""
        if not owner.isdecimal():
            return None
        try:
            file = os.open(self._folder / owner, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(file, "rb") as stream:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != int(owner):
                return None
            return self._port(stream.read(_MAX_OCTETS))

    def _port(self, written: bytes) -> int | None:
        try:
            port = json.loads(written)["port"]
        except (ValueError, KeyError, TypeError):
            return None
        return port if type(port) is int and port in self._ports else None

    def _own_file(self) -> Path:
        return self._folder / str(os.getuid())
