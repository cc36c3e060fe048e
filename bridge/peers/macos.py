"""macOS: libproc lists the sockets of this user's processes (<sys/proc_info.h>). A connection that is not among them belongs to
somebody else, whom the system does not name to us. Not run here: only the reading of its structures is tested.
"""

import ctypes
import ctypes.util
import os
import struct
from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from bridge.peers import Endpoint, Owner

_PROC_UID_ONLY = 4
_PROC_PIDLISTFDS = 1
_PROC_PIDFDSOCKETINFO = 3
_PROX_FDTYPE_SOCKET = 2
_SOCKINFO_TCP = 2
_INI_IPV4 = 0x1

_FD_INFO = struct.Struct("=iI")  # proc_fdinfo: proc_fd, proc_fdtype
_SOCKET_FD_INFO = 24 + 768  # proc_fileinfo, socket_info
_KIND = 24 + 232  # socket_info.soi_kind
_TCP = 24 + 240  # socket_info.soi_proto.pri_tcp.tcpsi_ini
_IN_SOCKINFO = struct.Struct("=iiQIIBB2xI16s16s")  # fport, lport, gencnt, flags, flow, vflag, ttl, -, faddr, laddr


class MacPeers:
    """Asks each process of this user for its sockets: some milliseconds, once per connection."""

    def own(self) -> Owner:
        return str(os.getuid())

    def owner(self, theirs: Endpoint, ours: Endpoint) -> Owner | None:
        try:
            found = any((theirs, ours) == ends for pid in self._processes() for ends in self._connections(pid))
        except (OSError, AttributeError):
            return None
        return self.own() if found else None

    @cached_property
    def _library(self) -> Any:
        return ctypes.CDLL(ctypes.util.find_library("proc"), use_errno=True)

    def _processes(self) -> list[int]:
        size = self._library.proc_listpids(_PROC_UID_ONLY, os.getuid(), None, 0)
        pids = (ctypes.c_int * (size // ctypes.sizeof(ctypes.c_int) + 64))()
        filled = self._library.proc_listpids(_PROC_UID_ONLY, os.getuid(), pids, ctypes.sizeof(pids))
        return [pid for pid in pids[: max(0, filled) // ctypes.sizeof(ctypes.c_int)] if pid]

    def _connections(self, pid: int) -> Iterator[tuple[Endpoint, Endpoint]]:
        size = self._library.proc_pidinfo(pid, _PROC_PIDLISTFDS, ctypes.c_uint64(0), None, 0)
        if size <= 0:
            return  # it ended meanwhile
        table = ctypes.create_string_buffer(size + 64 * _FD_INFO.size)
        filled = self._library.proc_pidinfo(pid, _PROC_PIDLISTFDS, ctypes.c_uint64(0), table, len(table))
        for descriptor in sockets_in(table.raw[: max(0, filled)]):
            info = ctypes.create_string_buffer(_SOCKET_FD_INFO)
            got = self._library.proc_pidfdinfo(pid, descriptor, _PROC_PIDFDSOCKETINFO, info, len(info))
            if got == _SOCKET_FD_INFO and (ends := ends_in(info.raw)):
                yield ends


def sockets_in(table: bytes) -> list[int]:
    """The descriptors of an array of proc_fdinfo that are sockets."""
    whole = len(table) // _FD_INFO.size * _FD_INFO.size
    return [number for number, kind in _FD_INFO.iter_unpack(table[:whole]) if kind == _PROX_FDTYPE_SOCKET]


def ends_in(info: bytes) -> tuple[Endpoint, Endpoint] | None:
    """Local and remote end of a socket_fdinfo, or None where it is no TCP socket."""
    if struct.unpack_from("=i", info, _KIND)[0] != _SOCKINFO_TCP:
        return None
    remote_port, local_port, _, _, _, version, _, _, remote, local = _IN_SOCKINFO.unpack_from(info, _TCP)
    return _end(local, local_port, version), _end(remote, remote_port, version)


def _end(address: bytes, port: int, version: int) -> Endpoint:
    """Ports stand in network order in an int; an IPv4 address in the last four octets (in4in6_addr)."""
    number = int.from_bytes(struct.pack("=i", port)[:2], "big")
    return Endpoint(IPv4Address(address[12:]) if version & _INI_IPV4 else IPv6Address(address), number)
