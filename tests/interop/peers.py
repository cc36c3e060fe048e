"""The programs of the matrix, by name."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gpgsm_peer import Gpgsm
from notmuch_peer import Notmuch
from nss_peer import Nss, ThunderbirdNss
from openssl_peer import OpenSsl
from peer import Correspondent, Peer, PeerRefused
from snail_peer import Snail
from thunderbird_peer import Thunderbird

PEERS: dict[str, type[Peer]] = {
    peer.name: peer for peer in (OpenSsl, Nss, ThunderbirdNss, Gpgsm, Snail, Notmuch, Thunderbird)
}


def missing(names: list[str]) -> list[str]:
    """Programs that these peers need and this machine has not."""
    return sorted({PEERS[name].program for name in names if not shutil.which(PEERS[name].program)})


def read_once(peer: type[Peer], message: bytes, reader: Correspondent, work: Path) -> bytes:
    """The content of one message, by a peer with a fresh profile. Raises PeerRefused."""
    with peer(work / peer.program, [reader]) as opened:
        reading = opened.read(message)
    if not reading.signed:
        raise PeerRefused("not signed")
    return reading.content


READERS: dict[str, Callable[[bytes, Correspondent, Path], bytes]] = {
    "openssl": partial(read_once, OpenSsl),
    "nss": partial(read_once, Nss),
    "gpgsm": partial(read_once, Gpgsm),
}
"""Those that `make test` installs."""

__all__ = ["PEERS", "READERS", "Correspondent", "Peer", "PeerRefused", "missing", "read_once"]
