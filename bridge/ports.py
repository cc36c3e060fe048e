"""The listening sockets: one port on both loopback addresses, and on no other."""

import errno
import socket
from collections.abc import Sequence

_BACKLOG = 100


def first_free_port(ports: Sequence[int]) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1 and, where the machine has it, ::1. Raises OSError when all ports are taken."""
    for port in ports:
        try:
            return _bind_both(port)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
    raise OSError(errno.EADDRINUSE, f"all ports of the bridge are taken ({ports[0]} to {ports[-1]})")


def _bind_both(port: int) -> list[socket.socket]:
    bound = [_bind(socket.AF_INET, "127.0.0.1", port)]
    try:
        bound.append(_bind(socket.AF_INET6, "::1", port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            bound[0].close()
            raise
    return bound


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made
