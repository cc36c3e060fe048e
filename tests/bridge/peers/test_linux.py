"""Who owns a connection, by the kernel's own tables: with real sockets, and with tables made up."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.peers import Endpoint, endpoint
from bridge.peers.linux import LinuxPeers, owner_in

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
US = endpoint(("127.0.0.1", 28610))
THEM = endpoint(("127.0.0.1", 40000))


def row(local: str, remote: str, uid: int, inode: int, state: str = "01") -> str:
    return f"   1: {local} {remote} {state} 00000000:00000000 00:00000000 00000000  {uid}        0 {inode} 1\n"


OURS, THEIRS = "0100007F:6FC2", "0100007F:9C40"
MAPPED = "0000000000000000FFFF00000100007F"


@contextlib.contextmanager
def connection(family: socket.AddressFamily, host: str, target: str) -> Iterator[tuple[Endpoint, Endpoint]]:
    """A caller's socket of `family` to a listener on `host`; the ends as the listener sees them."""
    listening = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(listening) as listener, socket.socket(family) as caller:
        listener.bind((host, 0))
        listener.listen()
        caller.connect((target, listener.getsockname()[1]))
        accepted, peer = listener.accept()
        with accepted:
            yield endpoint(peer), endpoint(accepted.getsockname())


@pytest.mark.parametrize(
    ("family", "host", "target"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1"),
        (socket.AF_INET6, "127.0.0.1", "::ffff:127.0.0.1"),
    ],
    ids=["IPv4", "IPv6", "one socket for both versions"],
)
def test_a_connection_of_our_own_is_found(family: socket.AddressFamily, host: str, target: str) -> None:
    peers = LinuxPeers()
    with connection(family, host, target) as (theirs, ours):
        assert peers.owner(theirs, ours) == peers.own() == str(os.getuid())


def test_a_closed_connection_belongs_to_nobody() -> None:
    with connection(socket.AF_INET, "127.0.0.1", "127.0.0.1") as (theirs, ours):
        pass
    assert LinuxPeers().owner(theirs, ours) is None


def test_what_the_kernel_does_not_say_is_nobody() -> None:
    assert LinuxPeers([Path("/nonexistent/tcp")]).owner(THEM, US) is None
    assert LinuxPeers([Path("/dev/null")]).owner(THEM, US) is None


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        (row(THEIRS, OURS, 1001, 77), "1001"),
        (row(f"{MAPPED}:9C40", f"{MAPPED}:6FC2", 1001, 77), "1001"),
        (row(OURS, THEIRS, 1000, 76) + row(THEIRS, OURS, 1001, 77), "1001"),
        (row(OURS, THEIRS, 1000, 76), None),
        (row(THEIRS, "0100007F:6FC3", 1001, 77), None),
        (row("0100007F:9C41", OURS, 1001, 77), None),
        (row(THEIRS, OURS, 0, 0, "06"), None),
        ("garbage\n", None),
        ("", None),
    ],
    ids=[
        "its own end",
        "mapped into IPv6",
        "beside ours",
        "ours alone",
        "another port of ours",
        "another caller",
        "kept by the kernel alone",
        "garbage",
        "empty",
    ],
)
def test_only_the_exact_pair_of_ends_counts(table: str, owner: str | None) -> None:
    assert owner_in(HEADER + table, THEM, US) == owner
