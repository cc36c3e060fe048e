"""Single-use tickets that cost the bridge nothing to hand out: a request changes no state, only the use of a ticket does."""

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable
from hashlib import sha256

SECONDS = 60
_NONCE, _EXPIRY, _MAC = 32, 8, 32


class Tickets:
    """Random octets and their expiry under a MAC of this process (HMAC-SHA-256, RFC 2104), good once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, int] = {}

    def issue(self) -> str:
        """A ticket for the next minute, base64url."""
        body = secrets.token_bytes(_NONCE) + (int(self._clock()) + SECONDS).to_bytes(_EXPIRY, "big")
        return base64.urlsafe_b64encode(body + self._mac(body)).decode("ascii")

    def use(self, ticket: str) -> bool:
        """Whether it is one of ours, in time and unused; from now on it is used."""
        try:
            found = base64.b64decode(ticket.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        body, mac = found[: _NONCE + _EXPIRY], found[_NONCE + _EXPIRY :]
        if len(found) != _NONCE + _EXPIRY + _MAC or not hmac.compare_digest(mac, self._mac(body)):
            return False
        now, expiry = self._clock(), int.from_bytes(body[_NONCE:], "big")
        self._used = {nonce: until for nonce, until in self._used.items() if until > now}
        if expiry <= now or body[:_NONCE] in self._used:
            return False
        self._used[body[:_NONCE]] = expiry
        return True

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, sha256)
