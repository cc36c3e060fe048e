"""Whose process is at the other end of a loopback connection: the door that keeps other users of the computer out.

A loopback port is open to every user of a machine, and a terminal server has many. Each system tells who owns a connection in its own
way; what it does not tell counts as a stranger.
"""

import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol

Owner = str
"""A user as the system names them: a decimal uid, on Windows a SID."""


@dataclass(frozen=True)
class Endpoint:
    """One end of a TCP connection."""

    address: IPv4Address | IPv6Address
    port: int


def endpoint(name: tuple[object, ...]) -> Endpoint:
    """From what a socket calls itself or its peer. Raises ValueError."""
    host, port = str(name[0]), int(str(name[1]))
    return Endpoint(ip_address(host.partition("%")[0]), port)


class PeerCheck(Protocol):
    """What each system's module offers."""

    def own(self) -> Owner:
        """The user this process runs as."""

    def owner(self, theirs: Endpoint, ours: Endpoint) -> Owner | None:
        """The user whose process holds the far end of a connection that this process accepted; None where it is not found,
        or the system does not say. Never raises.
        """


def system_peers() -> PeerCheck:
    """The check of this operating system."""
    if sys.platform == "win32":
        from bridge.peers.windows import WindowsPeers

        return WindowsPeers()
    if sys.platform == "darwin":
        from bridge.peers.macos import MacPeers

        return MacPeers()
    from bridge.peers.linux import LinuxPeers

    return LinuxPeers()
