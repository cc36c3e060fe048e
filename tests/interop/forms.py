"""The forms of an S/MIME message that the matrix is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

KEYS = {
    "RSA v1.5": "rsa",
    "RSA OAEP SHA-1": "rsa",
    "RSA OAEP SHA-256": "rsa",
    "ECDH P-256": "p-256",
    "ECDH P-256 ukm": "p-256",
    "ECDH P-384": "p-384",
    "ECDH P-384 ukm": "p-384",
}
"""Key transport, and the kind of key it is for."""
CIPHERS = ("AES-CBC", "AES-GCM")
FLOOR = ("RSA v1.5", "AES-CBC")
SIGNED = ("signed opaque", "signed detached")
WRAPPED = ("opaque", "detached", "nested")
"""Signed, then encrypted; `nested` is signed once more around that (RFC 2634 §1.1)."""


@dataclass(frozen=True)
class Form:
    """How a message is protected.

    `structure` is one of SIGNED, of WRAPPED, or `encrypted`; `encoding` DER or BER, or empty where the peer may choose;
    `card`: signed in form E2h (docs/FORMATS.md); `signer`: the kind of key; `altered`: its text is changed afterwards.
    """

    structure: str
    key: str = ""
    cipher: str = ""
    encoding: str = "DER"
    card: bool = False
    signer: str = "rsa"
    altered: bool = False

    @property
    def signed(self) -> bool:
        return self.structure != "encrypted"

    @property
    def encrypted(self) -> bool:
        return bool(self.key)

    @property
    def recipient(self) -> str:
        """The kind of key it is encrypted to."""
        return KEYS.get(self.key, "rsa")

    @property
    def inner_detached(self) -> bool:
        """Whether the signature nearest to the text stands beside it."""
        return self.structure in {"signed detached", "detached"}

    def __str__(self) -> str:
        how = [
            self.structure + (" with a card" if self.card else ""),
            *([f"by {self.signer.upper()}"] if self.signer != "rsa" else []),
            *(part for part in (self.key, self.cipher) if part),
            *(["BER"] if self.encoding == "BER" else []),
            *(["altered"] if self.altered else []),
        ]
        return ", ".join(how)


def signatures(encodings: Sequence[str] = ("DER",), signers: Sequence[str] = ("rsa",)) -> list[Form]:
    return [
        Form(structure, encoding=encoding, signer=signer)
        for structure, encoding, signer in product(SIGNED, encodings, signers)
    ]


def encryptions(encodings: Sequence[str] = ("DER",)) -> list[Form]:
    return [Form("encrypted", *how) for how in product(KEYS, CIPHERS, encodings)]


def wrapped(encodings: Sequence[str] = ("DER",)) -> list[Form]:
    """The whole product: every structure, key transport, cipher and encoding."""
    return [Form(*how) for how in product(WRAPPED, KEYS, CIPHERS, encodings)]


def at_the_floor(encoding: str = "DER") -> list[Form]:
    """Signed and encrypted in the one way every peer reads."""
    return [Form(structure, *FLOOR, encoding) for structure in WRAPPED]


def by_card(forms: Sequence[Form]) -> list[Form]:
    """The same as a person with a card writes them: always detached."""
    return [replace(form, card=True) for form in forms if form.inner_detached]


def altered(encoding: str = "DER") -> Form:
    return Form("signed detached", encoding=encoding, altered=True)
