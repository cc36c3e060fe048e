"""Whether the other end of a loopback connection belongs to the same user (Linux: /proc/net/tcp)."""

import ipaddress
import os
import sys
from pathlib import Path

_TABLES = {4: Path("/proc/net/tcp"), 6: Path("/proc/net/tcp6")}


def is_foreign(host: str, port: int) -> bool:
    """True when the kernel says another user holds `host:port`. Where it says nothing, the other doors decide."""
    try:
        address = ipaddress.ip_address(host)
        table = _TABLES[address.version].read_text("ascii")
    except (OSError, ValueError):
        return False
    wanted = f"{_hexadecimal(address)}:{port:04X}"
    owners = {int(row.split()[7]) for row in table.splitlines()[1:] if row.split()[1] == wanted}
    return bool(owners) and os.getuid() not in owners


def _hexadecimal(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """As the kernel prints it: 32-bit words in the machine's byte order."""
    words = [address.packed[start : start + 4] for start in range(0, len(address.packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
