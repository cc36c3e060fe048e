"""What a card can do. Both forms of card run in a worker process and speak these types; no `cryptography` here.

Keys are named by the SHA-256 of their certificate: which certificate serves which purpose is decided in the listener
from its extensions (`bridge.card.roles`), never from a label or CKA_ID (DESIGN §4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Mechanism(StrEnum):
    """One operation with a private key. Signing hashes on the card's side, so that a CPS3 can do its last round."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    RSA_PKCS1 = "rsa-pkcs1"
    RSA_OAEP_SHA1 = "rsa-oaep-sha1"
    RSA_OAEP_SHA256 = "rsa-oaep-sha256"
    ECDH = "ecdh"


@dataclass(frozen=True)
class CardReport:
    """What a card shows without its PIN.

    `label` is for the person and names the holder; `nameless` for sites that do not know whose card it is.
    `tries` is the number of PIN tries left, or None where the card keeps it to itself; `last_try` and `pin_locked` are
    known for every card. A PIN has `shortest_pin` to `longest_pin` characters. `certificates` are DER and unverified, CA certificates perhaps among them; `chain` are CA
    certificates found beside them.
    """

    serial: str
    label: str
    reader: str
    nameless: str = ""
    pinpad: bool = False
    shortest_pin: int = 4
    longest_pin: int = 64
    tries: int | None = None
    last_try: bool = False
    pin_locked: bool = False
    certificates: list[bytes] = field(default_factory=list)
    chain: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class KeyReport:
    """What a private key says of itself once the PIN was given. `always`: it asks for the PIN at each use."""

    certificate_sha256: bytes
    always: bool
    decrypt: bool


class CardModule(Protocol):
    """A source of cards. One call at a time; every method may raise a `CardError`."""

    @property
    def in_readers(self) -> bool:
        """Whether its cards lie in PC/SC readers, whose events say when to look again."""

    @property
    def version(self) -> str:
        """Of the card software, or empty."""

    def cards(self, pulled: Sequence[str] = ()) -> list[CardReport]:
        """The present cards. `pulled`: serial numbers of those that left a reader since the last call; "" for an unknown one.

        With any, all cards are read anew.
        """

    def rest(self) -> bool:
        """Let go of the cards until the next call. False while logged in, or where there is nothing to let go of."""

    def recount(self, serial: str) -> None:
        """See to it that the tries reported next are the card's own count. May log out."""

    def login(self, serial: str, pin: bytes | None) -> None:
        """Give the PIN (None: the reader's own pad). Raises PinIncorrect, PinLocked."""

    def keys(self, serial: str) -> list[KeyReport]:
        """The private keys, once the PIN was given. Raises LoginRequired."""

    def change_pin(self, serial: str, old: bytes | None, new: bytes | None) -> None:
        """Replace the PIN (None and None: the reader's own pad). Raises PinIncorrect, PinLocked, PinRefused."""

    def logout(self, serial: str) -> None:
        """End the card session. A card that is gone is logged out already."""

    def perform(self, serial: str, certificate_sha256: bytes, mechanism: str, data: bytes, pin: bytes | None) -> bytes:
        """One operation with the key of that certificate; `pin` only for a key that asks at each use.

        Signing takes the bytes to be signed and returns the signature (ECDSA: the DER SEQUENCE); decryption takes the
        RSA block and returns the plaintext; ECDH takes the peer's uncompressed point and returns the raw secret Z.
        """
