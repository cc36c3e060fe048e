"""The structures of libproc, made up by their offsets in <sys/proc_info.h>. The calls themselves are not run here."""

import socket
import struct

import pytest

from bridge.peers import Endpoint, endpoint
from bridge.peers.macos import ends_in, sockets_in

SIZE = 792  # sizeof(struct socket_fdinfo)


def socket_info(kind: int, version: int, local: tuple[str, int], remote: tuple[str, int]) -> bytes:
    """A socket_fdinfo with the members that count: soi_kind at 256, tcpsi_ini at 264."""
    info = bytearray(SIZE)
    struct.pack_into("=i", info, 256, kind)
    for offset, (_, port) in ((264, remote), (268, local)):
        info[offset : offset + 2] = struct.pack(">H", port)
    info[264 + 24] = version
    for offset, (host, _) in ((264 + 32, remote), (264 + 48, local)):
        octets = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        info[offset : offset + 16] = octets.rjust(16, b"\0")
    return bytes(info)


@pytest.mark.parametrize(("version", "host"), [(1, "127.0.0.1"), (2, "::1")])
def test_both_ends_of_a_tcp_socket_are_read(version: int, host: str) -> None:
    info = socket_info(2, version, (host, 50123), (host, 28610))
    assert ends_in(info) == (endpoint((host, 50123)), endpoint((host, 28610)))


def test_other_sockets_have_no_ends() -> None:
    assert ends_in(socket_info(1, 1, ("127.0.0.1", 1), ("127.0.0.1", 2))) is None
    assert ends_in(bytes(SIZE)) is None


def test_descriptors_that_are_sockets_are_picked() -> None:
    table = struct.pack("=iIiIiI", 3, 1, 7, 2, 9, 2)
    assert sockets_in(table) == [7, 9]
    assert sockets_in(table + b"\1\2\3") == [7, 9]
    assert sockets_in(b"") == []


def test_an_end_is_an_address_and_a_port() -> None:
    assert ends_in(socket_info(2, 1, ("127.0.0.1", 256), ("127.0.0.1", 1)))[0] == Endpoint(  # type: ignore[index]
        endpoint(("127.0.0.1", 256)).address, 256
    )
