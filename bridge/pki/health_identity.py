"""Who a certificate speaks for: the subject layout of the French health cards (IGC-Santé), and ordinary subjects.

A professional's card says `C=FR, title=Médecin, CN=8<RPPS>+SN=…+GN=…`, that of hospital staff `C=FR, O=…, OU=…,
CN=3<FINESS>/<internal number>+SN=…+GN=…`; the last is one RDN of several values, so it is read as a set. Neither holds an
e-mail address. The first digit is the kind of national identifier: 8 RPPS, 3 FINESS and internal number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography.x509.oid import NameOID

from bridge.pki.anchors import AnchorPurpose
from bridge.pki.certificates import emails
from bridge.pki.errors import IdentityError, RppsInvalid

if TYPE_CHECKING:
    from cryptography import x509

    from bridge.pki.path import ValidatedCertificate

Level = Literal["card", "software", "passkey"]
RPPS_LENGTH = 11
FINESS_LENGTH = 9
_KINDS = {"8": "RPPS", "3": "FINESS"}


@dataclass(frozen=True)
class Identity:
    """How a person was proved. `id_type` is "RPPS", "FINESS" or ""; `name` is for people to read.

    An RPPS `id_value` has 11 digits; a FINESS one is the establishment's 9 characters, a slash and its own number for the person.
    """

    level: Level
    id_type: str
    id_value: str
    name: str
    profession: str


def has_health_card_subject(certificate: x509.Certificate) -> bool:
    """Whether the subject is laid out as a French health card's. Says nothing of who issued it."""
    number = _attribute(certificate, NameOID.COMMON_NAME)
    return _attribute(certificate, NameOID.COUNTRY_NAME) == "FR" and number[:1] in _KINDS and number[1:2].isdigit()


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

    Raises IdentityError where a health card's subject names no known kind of holder, RppsInvalid where an RPPS number is wrong.
    """
    if AnchorPurpose.HEALTH_CARD in validated.anchor.purposes:
        return _card_identity(validated.certificate)
    return _ordinary_identity(validated.certificate)


def check_finess(value: str) -> None:
    """Raise IdentityError unless `value` is `<FINESS>/<internal number>`; Corsican numbers hold a letter and have no known check."""
    finess, slash, internal = value.partition("/")
    if len(finess) != FINESS_LENGTH or not (finess.isascii() and finess.isalnum()) or not (slash and internal):
        raise IdentityError("An establishment's card names its holder by FINESS number and internal number.")
    if finess.isdigit() and _luhn(finess) != 0:
        raise IdentityError("The check digit of this FINESS number is wrong.")


def _card_identity(certificate: x509.Certificate) -> Identity:
    number = _attribute(certificate, NameOID.COMMON_NAME)
    id_type = _KINDS.get(number[:1])
    if id_type is None:
        raise IdentityError("This card names its holder by an identifier of an unknown kind.")
    (check_rpps if id_type == "RPPS" else check_finess)(number[1:])
    given, family = _attribute(certificate, NameOID.GIVEN_NAME), _attribute(certificate, NameOID.SURNAME)
    name = f"{given} {family}".strip() or _attribute(certificate, NameOID.PSEUDONYM)
    works_as = _attribute(certificate, NameOID.TITLE) or _attribute(certificate, NameOID.ORGANIZATION_NAME)
    return Identity("card", id_type, number[1:], name, works_as)


def _ordinary_identity(certificate: x509.Certificate) -> Identity:
    addresses = emails(certificate)
    name = _attribute(certificate, NameOID.COMMON_NAME) or (addresses[0] if addresses else "")
    return Identity("software", "", "", name, "")


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else ""
