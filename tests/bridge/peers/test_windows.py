"""Windows' TCP tables with the owning process, made up. The calls themselves are not run here."""

import socket
import struct

from bridge.peers import endpoint
from bridge.peers.windows import rows4_in, rows6_in


def port(number: int) -> bytes:
    """A DWORD whose first two octets are the port in network order; Windows leaves the others undefined."""
    return struct.pack(">H", number) + b"\xaa\xbb"


def row4(local: int, remote: int, pid: int) -> bytes:
    host = socket.inet_aton("127.0.0.1")
    return struct.pack("=I", 5) + host + port(local) + host + port(remote) + struct.pack("=I", pid)


def row6(local: int, remote: int, pid: int) -> bytes:
    host = socket.inet_pton(socket.AF_INET6, "::1") + bytes(4)
    return host + port(local) + host + port(remote) + struct.pack("=II", 5, pid)


def table(*rows: bytes, count: int | None = None) -> bytes:
    return struct.pack("=I", len(rows) if count is None else count) + b"".join(rows)


def test_rows_of_both_versions_are_read() -> None:
    four, six = (lambda number: endpoint(("127.0.0.1", number))), (lambda number: endpoint(("::1", number)))
    found = list(rows4_in(table(row4(50123, 28610, 4242), row4(28610, 50123, 17)) + bytes(50)))
    assert found == [(four(50123), four(28610), 4242), (four(28610), four(50123), 17)]
    assert list(rows6_in(table(row6(50123, 28610, 4242)))) == [(six(50123), six(28610), 4242)]


def test_a_count_that_the_table_does_not_hold_is_cut() -> None:
    assert len(list(rows4_in(table(row4(1, 2, 3), count=0xFFFFFFFF)))) == 1
    assert list(rows6_in(table(row6(1, 2, 3)[:-1], count=1))) == []
    assert list(rows4_in(b"")) == []
