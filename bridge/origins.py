"""Which callers may speak: the exact Host and exactly one paired Origin (docs/PROTOCOL.md, *Doors*)."""

import re
from collections.abc import Iterable, Sequence

_NAME = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?::[1-9][0-9]{0,4})?"
_ORIGIN = re.compile(
    rf"https://(?:{_NAME}(?:\.{_NAME})*){_PORT}"
    rf"|http://(?:(?:{_NAME}\.)*localhost){_PORT}"
)


class OriginMalformed(ValueError):
    """A policy names an origin that no browser sends or that Pli does not accept."""


class Origins:
    """The allow-list of a policy. Compared byte by byte: what a browser sends is already normal."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)
        for origin in self._allowed:
            if not _ORIGIN.fullmatch(origin):
                raise OriginMalformed(origin)

    def admits(self, origins: Sequence[str]) -> bool:
        """Whether these are one Origin header with an allowed value."""
        return len(origins) == 1 and origins[0] in self._allowed


def host_is_ours(hosts: Sequence[str], port: int) -> bool:
    """Whether these are one Host header naming the loopback listener. Anything else is DNS rebinding."""
    return len(hosts) == 1 and hosts[0] in {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
