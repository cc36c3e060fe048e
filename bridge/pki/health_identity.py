"""Who a certificate speaks for: the subject layout of the French health cards (IGC-Santé), and ordinary subjects.

A card subject is `C=FR, title=Médecin, CN=8<RPPS>+SN=…+GN=…`; the last is one RDN of several values, so it is read as a set.
It holds no e-mail address. The number before the RPPS is the kind of national identifier (8 = RPPS).
"""

from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import NameOID

from bridge.pki.certificates import emails
from bridge.pki.errors import IdentityError, RppsInvalid
from bridge.pki.path import AnchorPurpose, ValidatedCertificate

Level = Literal["card", "software", "passkey"]
RPPS_LENGTH = 11
RPPS_PREFIX = "8"


@dataclass(frozen=True)
class Identity:
    """How a person was proved. `id_type` is "RPPS" or ""; `name` is for people to read."""

    level: Level
    id_type: str
    id_value: str
    name: str
    profession: str


def check_rpps(number: str) -> None:
    """Raise RppsInvalid unless `number` is 11 digits that pass the Luhn check."""
    if len(number) != RPPS_LENGTH or not (number.isascii() and number.isdigit()):
        raise RppsInvalid("An RPPS number has 11 digits.")
    if _luhn(number) != 0:
        raise RppsInvalid("The check digit of this RPPS number is wrong.")


def luhn_digit(digits: str) -> str:
    """The digit that, put after `digits`, makes the Luhn sum a multiple of ten."""
    return str((10 - _luhn(digits + "0")) % 10)


def _luhn(digits: str) -> int:
    total = 0
    for place, character in enumerate(reversed(digits)):
        doubled = int(character) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its two digits
    return total % 10


def identity_of(validated: ValidatedCertificate) -> Identity:
    """Read the identity of a validated certificate.

    Raises IdentityError where a health card's subject names no RPPS number, RppsInvalid where that number is wrong.
    """
    if AnchorPurpose.HEALTH_CARD in validated.anchor.purposes:
        return _card_identity(validated.certificate)
    return _ordinary_identity(validated.certificate)


def _card_identity(certificate: x509.Certificate) -> Identity:
    number = _attribute(certificate, NameOID.COMMON_NAME)
    if len(number) != RPPS_LENGTH + 1 or not number.startswith(RPPS_PREFIX):
        raise IdentityError("This card names its holder by something other than an RPPS number.")
    check_rpps(number[1:])
    given, family = _attribute(certificate, NameOID.GIVEN_NAME), _attribute(certificate, NameOID.SURNAME)
    return Identity("card", "RPPS", number[1:], f"{given} {family}".strip(), _attribute(certificate, NameOID.TITLE))


def _ordinary_identity(certificate: x509.Certificate) -> Identity:
    addresses = emails(certificate)
    name = _attribute(certificate, NameOID.COMMON_NAME) or (addresses[0] if addresses else "")
    return Identity("software", "", "", name, "")


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else ""
