"""Windows: the TCP table names the process of each connection (GetExtendedTcpTable), and its token the user (a SID). Not run here:
only the reading of the tables is tested.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from bridge.peers import Endpoint, Owner

_AF_INET, _AF_INET6 = 2, 23
_TCP_TABLE_OWNER_PID_ALL = 5
_ERROR_INSUFFICIENT_BUFFER = 122
_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_TOKEN_QUERY = 0x0008
_TOKEN_USER = 1

_COUNT = struct.Struct("=I")
_ROW4 = struct.Struct("=I4s2s2x4s2s2xI")  # state, local address and port, remote address and port, process
_ROW6 = struct.Struct("=16sI2s2x16sI2s2xII")  # local address, scope and port, remote the same, state, process

Row = tuple[Endpoint, Endpoint, int]


class WindowsPeers:
    """A browser's network process may run with fewer rights than the person, but its token names the same user."""

    def own(self) -> Owner:
        return self._user_of(os.getpid()) or ""

    def owner(self, theirs: Endpoint, ours: Endpoint) -> Owner | None:
        try:
            rows = self._rows(theirs.address.version)
            process = next((pid for local, remote, pid in rows if (local, remote) == (theirs, ours)), 0)
            return self._user_of(process) if process else None
        except (OSError, AttributeError):
            return None

    @cached_property
    def _iphlpapi(self) -> Any:
        return ctypes.WinDLL("iphlpapi")  # type: ignore[attr-defined]

    @cached_property
    def _kernel32(self) -> Any:
        library = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
        library.OpenProcess.restype = ctypes.c_void_p
        return library

    @cached_property
    def _advapi32(self) -> Any:
        return ctypes.WinDLL("advapi32")  # type: ignore[attr-defined]

    def _rows(self, version: int) -> Iterator[Row]:
        family, rows_in = (_AF_INET, rows4_in) if version == 4 else (_AF_INET6, rows6_in)  # noqa: PLR2004
        size = ctypes.c_uint32(0)
        table = ctypes.create_string_buffer(0)
        status = _ERROR_INSUFFICIENT_BUFFER
        while status == _ERROR_INSUFFICIENT_BUFFER:  # it may have grown since it told its size
            table = ctypes.create_string_buffer(size.value)
            status = self._iphlpapi.GetExtendedTcpTable(
                table, ctypes.byref(size), False, family, _TCP_TABLE_OWNER_PID_ALL, 0
            )
        if status:
            raise OSError(status, "GetExtendedTcpTable")
        return rows_in(table.raw)

    def _user_of(self, pid: int) -> Owner | None:
        process = self._kernel32.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
        if not process:
            return None
        token = ctypes.c_void_p()
        try:
            if not self._advapi32.OpenProcessToken(ctypes.c_void_p(process), _TOKEN_QUERY, ctypes.byref(token)):
                return None
            return self._user_in(token)
        finally:
            for handle in filter(None, (token.value, process)):
                self._kernel32.CloseHandle(ctypes.c_void_p(handle))

    def _user_in(self, token: ctypes.c_void_p) -> Owner | None:
        size = ctypes.c_uint32(0)
        self._advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        information = ctypes.create_string_buffer(size.value)
        if not self._advapi32.GetTokenInformation(token, _TOKEN_USER, information, size, ctypes.byref(size)):
            return None
        sid = ctypes.c_void_p.from_buffer(information)  # TOKEN_USER begins with the pointer to its SID
        written = ctypes.c_wchar_p()
        if not self._advapi32.ConvertSidToStringSidW(sid, ctypes.byref(written)):
            return None
        user = written.value
        self._kernel32.LocalFree(written)
        return user


def rows4_in(table: bytes) -> Iterator[Row]:
    """The rows of a MIB_TCPTABLE_OWNER_PID."""
    for start in _starts(table, _ROW4.size):
        _, local, local_port, remote, remote_port, pid = _ROW4.unpack_from(table, start)
        yield _end4(local, local_port), _end4(remote, remote_port), pid


def rows6_in(table: bytes) -> Iterator[Row]:
    """The rows of a MIB_TCP6TABLE_OWNER_PID."""
    for start in _starts(table, _ROW6.size):
        local, _, local_port, remote, _, remote_port, _, pid = _ROW6.unpack_from(table, start)
        yield _end6(local, local_port), _end6(remote, remote_port), pid


def _starts(table: bytes, row: int) -> range:
    """Where the rows begin; a count that the table does not hold is cut."""
    if len(table) < _COUNT.size:
        return range(0)
    count = min(_COUNT.unpack_from(table)[0], (len(table) - _COUNT.size) // row)
    return range(_COUNT.size, _COUNT.size + count * row, row)


def _end4(address: bytes, port: bytes) -> Endpoint:
    return Endpoint(IPv4Address(address), int.from_bytes(port, "big"))


def _end6(address: bytes, port: bytes) -> Endpoint:
    return Endpoint(IPv6Address(address), int.from_bytes(port, "big"))
