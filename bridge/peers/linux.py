"""Linux: the kernel's tables /proc/net/tcp and tcp6 name the uid of every socket (proc(5))."""

import os
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from bridge.peers import Endpoint, Owner

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_UID, _INODE = 7, 9  # columns


class LinuxPeers:
    """An IPv4 connection may stand in either table: programs with one socket for both versions are in the second."""

    def __init__(self, tables: Iterable[Path] = _TABLES) -> None:
        self._tables = tuple(tables)

    def own(self) -> Owner:
        return str(os.getuid())

    def owner(self, theirs: Endpoint, ours: Endpoint) -> Owner | None:
        return next((uid for table in self._tables if (uid := owner_in(_read(table), theirs, ours))), None)


def owner_in(table: str, theirs: Endpoint, ours: Endpoint) -> Owner | None:
    """The uid of the row whose local end is `theirs` and whose remote end is `ours`."""
    ends = (f" {local} {remote} " for local, remote in zip(_written(theirs), _written(ours), strict=True))
    rows = (row for pair in ends for row in _rows_with(table, pair))
    # Inode 0: the process let go of it, and the kernel shows root's uid for what it keeps itself (TIME_WAIT).
    return next((row[_UID] for row in rows if len(row) > _INODE and row[_INODE] != "0"), None)


def _rows_with(table: str, text: str) -> Iterator[list[str]]:
    """The rows that hold a text; a busy host has thousands, so only these are taken apart."""
    found = table.find(text)
    while found >= 0:
        end = table.find("\n", found)
        yield table[table.rfind("\n", 0, found) + 1 : end if end >= 0 else None].split()
        found = table.find(text, found + len(text))


def _read(table: Path) -> str:
    try:
        return table.read_text("ascii")
    except (OSError, ValueError):
        return ""


def _written(end: Endpoint) -> Iterator[str]:
    """As the kernel prints it: 32-bit words in the machine's byte order; IPv4 also as mapped into IPv6 (RFC 4291 §2.5.5.2)."""
    address = end.address
    if isinstance(address, IPv4Address):
        yield f"{_hexadecimal(address.packed)}:{end.port:04X}"
        address = IPv6Address(bytes(10) + b"\xff\xff" + address.packed)
    else:
        yield f"{_hexadecimal(address.packed)}:{end.port:04X}"
    yield f"{_hexadecimal(address.packed)}:{end.port:04X}"


def _hexadecimal(octets: bytes) -> str:
    words = [octets[start : start + 4] for start in range(0, len(octets), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
