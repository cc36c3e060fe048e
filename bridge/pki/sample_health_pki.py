"""A made-up health PKI, shaped like IGC-Santé, for the demo and the tests; no certificate of it means anything.

Two roots with an intermediate authority each, card certificates with the French subject layout (RPPS numbers of the
999 test range, no e-mail), an operator authority for mailbox certificates, and a partner authority for a correspondent
with plain S/MIME. Layout and OIDs: `reference/health-messaging.md` §3.1. `python -m bridge.pki.sample_health_pki DIR`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from bridge.pki import certificates
from bridge.pki.health_identity import luhn_digit
from bridge.pki.issue import (
    Authority,
    build_crl,
    certificate_builder,
    distribution_points,
    key_usage,
    private_pem,
    sign,
    utc_now,
)

CRL_BASE = "http://crl.pli.example/"
OCSP_URL = "http://ocsp.pli.example/"
CARD_KEY_BITS = 2048
AUTHORITY_KEY_BITS = 3072
# ANS nomenclatures under this arc (TRE_G02 card type, TRE_G01 category, TRE_G15 profession).
_ANS = "1.2.250.1.71.1.2."
_CARD_TYPE, _CATEGORY, _PROFESSION = (x509.ObjectIdentifier(_ANS + arc) for arc in ("2", "5", "7"))
_CARD_POLICY = x509.ObjectIdentifier("1.2.250.1.71.4.2.999")  # shaped as the real ones; the number is made up
_DOCTOR, _CPS, _TEST = b"10", b"0", b"1"


@dataclass(frozen=True)
class SampleCard:
    """One person with a card: who, under which authority, and what is wrong with the card, if anything.

    Hospital staff have a `structure` (3, FINESS, slash, internal number) and an `organisation` instead of an RPPS number.
    """

    name: str
    given: str
    family: str
    rpps_number: str
    pin: str
    authority: str
    serial: str
    title: str = "Médecin"
    structure: str = ""
    organisation: str = ""
    encryption_key: bool = False
    expired: bool = False
    revoked: bool = False


def _rpps(ten_digits: str) -> str:
    return ten_digits + luhn_digit(ten_digits)


CARDS = (
    SampleCard("alice", "Alice", "Martin", _rpps("9990000101"), "1234", "fort", "CPS-0001"),
    SampleCard("bob", "Bob", "Lefèvre", _rpps("9990000202"), "5678", "standard", "CPS-0002", encryption_key=True),
    SampleCard("erin", "Érin", "Dubois", _rpps("9990000303"), "2468", "fort", "CPS-0003", expired=True),
    SampleCard(
        "hugo",
        "Hugo",
        "Blanc",
        "",
        "4321",
        "standard",
        "CPE-0005",
        structure="3" + "99000001" + luhn_digit("99000001") + "/CPET00001",
        organisation="Hôpital fictif",
    ),
    SampleCard("rene", "René", "Moreau", _rpps("9990000404"), "1357", "standard", "CPS-0004", revoked=True),
)
OUTSIDER_ADDRESS = "denis@partner.example"


@dataclass(frozen=True)
class Branch:
    """A root and the intermediate authority below it that issues to people."""

    root: Authority
    issuing: Authority


@dataclass(frozen=True)
class SamplePki:
    """Where things stand below `directory`, and the authorities for tests that issue more."""

    directory: Path
    branches: Mapping[str, Branch]
    cards: Mapping[str, SampleCard]

    def anchor_entries(self) -> list[dict[str, object]]:
        """The `anchors` member of a bridge policy, files relative to `directory`."""
        entries: list[dict[str, object]] = json.loads((self.directory / "anchors.json").read_text())
        return entries

    def crls(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted((self.directory / "crls").glob("*.crl"))]


def issue_sample_pki(directory: Path, now: datetime | None = None) -> SamplePki:
    """Issue everything into `directory` (some seconds: nineteen RSA keys)."""
    now = now or utc_now()
    branches = {
        "fort": _health_branch("FORT", "health-fort", now),
        "standard": _health_branch("STANDARD", "health-standard", now),
        "operator": _mail_branch("Pli Test Operator", "operator", now),
        "partner": _mail_branch("Pli Test Partner", "partner", now),
    }
    pki = SamplePki(directory, branches, {card.name: card for card in CARDS})
    _write_anchors(pki)
    for name in ("operator", "partner"):
        branches[name].issuing.save(directory / f"{name}-ca")
    revoked: dict[str, dict[int, datetime]] = {name: {} for name in branches}
    for card in CARDS:
        serials = write_card(directory / "cards" / card.name, card, branches[card.authority].issuing, now)
        if card.revoked:
            revoked[card.authority].update(dict.fromkeys(serials, now - timedelta(days=1)))
    _write_outsider(directory / "people" / "denis", branches["partner"].issuing, now)
    _write_crls(pki, revoked, now)
    _save_authorities(pki)
    return pki


def renew_crls(directory: Path, now: datetime | None = None) -> None:
    """Sign every list anew with what it said before: whoever wants an answer of the last 24 hours has one again."""
    now = now or utc_now()
    for folder in sorted((directory / _AUTHORITIES).glob("*")):
        file = directory / "crls" / f"{folder.name}.crl"
        revoked = {
            entry.serial_number: entry.revocation_date_utc for entry in x509.load_der_x509_crl(file.read_bytes())
        }
        file.write_bytes(build_crl(Authority.load(folder), revoked, now=now, days=60, number=int(now.timestamp())))


def load_sample_pki(directory: Path) -> SamplePki:
    """Find again what `issue_sample_pki` wrote (without the keys of the authorities, which stand in `operator-ca` and `partner-ca`)."""
    return SamplePki(directory, {}, {card.name: card for card in CARDS})


def _health_branch(branch: str, file: str, now: datetime) -> Branch:
    organisation = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PLI-TEST"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "0002 000000000"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "IGC-PLI TEST"),
    ]
    root = _root(f"TEST AC RACINE IGC-PLI {branch}", organisation, file, now)
    return Branch(root, _intermediate(root, f"TEST AC IGC-PLI {branch} PERSONNES", organisation, file, now))


def _mail_branch(name: str, file: str, now: datetime) -> Branch:
    organisation = [x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
    root = _root(f"{name} Root", organisation, file, now)
    return Branch(root, _intermediate(root, f"{name} Mailboxes", organisation, file, now))


def _root(common_name: str, organisation: list[x509.NameAttribute[str]], file: str, now: datetime) -> Authority:
    key = rsa.generate_private_key(65537, AUTHORITY_KEY_BITS)
    name = x509.Name([*organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    begin, end = now - timedelta(days=1500), now + timedelta(days=5500)
    builder = _authority_builder(name, key, begin, end, depth=1).issuer_name(name)
    certificate = builder.add_extension(_issuer_key(key), critical=False).sign(key, hashes.SHA256())
    return Authority(certificate, key, (), f"{CRL_BASE}{file}-root.crl")


def _intermediate(
    root: Authority, common_name: str, organisation: list[x509.NameAttribute[str]], file: str, now: datetime
) -> Authority:
    key = rsa.generate_private_key(65537, AUTHORITY_KEY_BITS)
    name = x509.Name([*organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    begin, end = now - timedelta(days=1400), now + timedelta(days=3600)
    builder = _authority_builder(name, key, begin, end, depth=0).issuer_name(root.certificate.subject)
    builder = builder.add_extension(_issuer_key(root.private_key), critical=False)
    certificate = sign(builder.add_extension(distribution_points(root.crl_url), critical=False), root)
    return Authority(certificate, key, (root.certificate,), f"{CRL_BASE}{file}.crl")


def _authority_builder(
    name: x509.Name, key: rsa.RSAPrivateKey, begin: datetime, end: datetime, *, depth: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _issuer_key(key: CertificateIssuerPrivateKeyTypes) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _card_subject(card: SampleCard) -> x509.Name:
    """`C=FR, title=…, CN=8<RPPS>+SN=…+GN=…`, or `C=FR, O=…, OU=…, CN=3<FINESS>/…+SN=…+GN=…`; the last RDN has three values."""
    holder = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, card.structure or "8" + card.rpps_number),
            x509.NameAttribute(NameOID.SURNAME, card.family.upper()),
            x509.NameAttribute(NameOID.GIVEN_NAME, card.given),
        ]
    )
    country = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")])
    if not card.structure:
        return x509.Name([country, _one(NameOID.TITLE, card.title), holder])
    unit = _one(NameOID.ORGANIZATIONAL_UNIT_NAME, card.structure.partition("/")[0])
    return x509.Name([country, _one(NameOID.ORGANIZATION_NAME, card.organisation), unit, holder])


def _one(oid: x509.ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value)])


_CARD_USES = {
    "authentication": (("digital_signature",), [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SMARTCARD_LOGON]),
    "signature": (("content_commitment",), [ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    "encryption": (("key_encipherment",), [ExtendedKeyUsageOID.EMAIL_PROTECTION]),
}


def issue_card_certificate(
    card: SampleCard, use: str, authority: Authority, key: CertificateIssuerPrivateKeyTypes, now: datetime
) -> x509.Certificate:
    """One certificate of a CPS-like card; `use` is authentication, signature or encryption."""
    usages, extended = _CARD_USES[use]
    begin, end = now - timedelta(days=400), now + timedelta(days=-30 if card.expired else 700)
    builder = certificate_builder(authority, _card_subject(card), key.public_key(), not_before=begin, not_after=end)
    builder = builder.add_extension(key_usage(*usages), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    responder = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(OCSP_URL))
    builder = builder.add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
    policy = x509.PolicyInformation(_CARD_POLICY, None)
    builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    for oid, value in ((_CARD_TYPE, _CPS), (_CATEGORY, _TEST), (_PROFESSION, _DOCTOR)):
        text = bytes([0x13, len(value)]) + value  # PrintableString
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, text), critical=False)
    return sign(builder, authority)


def write_card(directory: Path, card: SampleCard, authority: Authority, now: datetime) -> list[int]:
    """A software-card folder (docs/PROTOCOL.md); returns the serial numbers of its certificates."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    uses = [use for use in _CARD_USES if use != "encryption" or card.encryption_key]
    issued = []
    for use in uses:
        key = rsa.generate_private_key(65537, CARD_KEY_BITS)
        certificate = issue_card_certificate(card, use, authority, key, now)
        _write_p12(directory / f"{use}.p12", card.serial, key, certificate, card.pin)
        (directory / f"{use}.pem").write_bytes(certificates.pem(certificate))  # a card shows it before the PIN
        issued.append(certificate.serial_number)
    chain = [authority.certificate, *authority.chain]
    (directory / "chain.pem").write_bytes(b"".join(certificates.pem(member) for member in chain))
    described = {
        "serial": card.serial,
        "label": f"{card.serial[:3]} {card.given} {card.family}",
        "reader": f"Demo reader {card.name}",
        "tries": 3,
        "inserted": True,
    }
    (directory / "card.json").write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n")
    return issued


def _write_p12(file: Path, name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate, password: str) -> None:
    encryption = BestAvailableEncryption(password.encode())
    file.write_bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, encryption))


def _write_outsider(directory: Path, authority: Authority, now: datetime) -> None:
    """A correspondent with one ordinary S/MIME certificate, as files for OpenSSL and as PKCS#12 (password `denis`)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(65537, CARD_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Denis Garnier")])
    begin, end = now - timedelta(days=100), now + timedelta(days=700)
    builder = certificate_builder(authority, subject, key.public_key(), not_before=begin, not_after=end)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(OUTSIDER_ADDRESS)]), critical=False)
    builder = builder.add_extension(key_usage("digital_signature", "key_encipherment"), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    certificate = sign(builder, authority)
    (directory / "certificate.pem").write_bytes(certificates.pem(certificate))
    (directory / "private-key.pem").write_bytes(private_pem(key))
    chain = [authority.certificate, *authority.chain]
    (directory / "chain.pem").write_bytes(b"".join(certificates.pem(member) for member in chain))
    _write_p12(directory / "denis.p12", "denis", key, certificate, "denis")


_ANCHOR_FILES = {
    "fort": ("health-fort", "health-card"),
    "standard": ("health-standard", "health-card"),
    "operator": ("operator", "operator"),
    "partner": ("partner", "mail"),
}


def _write_anchors(pki: SamplePki) -> None:
    (pki.directory / "anchors").mkdir(parents=True, exist_ok=True)
    entries = []
    for name, (file, purpose) in _ANCHOR_FILES.items():
        path = f"anchors/{file}.pem"
        (pki.directory / path).write_bytes(certificates.pem(pki.branches[name].root.certificate))
        entries.append({"file": path, "purposes": [purpose]})
        _write_intermediate(pki.directory / "anchors" / "intermediates" / f"{file}.pem", pki.branches[name])
    (pki.directory / "anchors.json").write_text(json.dumps(entries, indent=1) + "\n")


def _write_intermediate(file: Path, branch: Branch) -> None:
    """For servers: a Web eID token holds the card's certificate alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(certificates.pem(branch.issuing.certificate))


def _write_crls(pki: SamplePki, revoked: Mapping[str, Mapping[int, datetime]], now: datetime) -> None:
    (pki.directory / "crls").mkdir(parents=True, exist_ok=True)
    for name, branch in pki.branches.items():
        for kind, authority, entries in (("", branch.issuing, revoked[name]), ("-root", branch.root, {})):
            encoded = build_crl(authority, entries, now=now, days=60)
            (pki.directory / "crls" / f"{_ANCHOR_FILES[name][0]}{kind}.crl").write_bytes(encoded)


_AUTHORITIES = "authorities"


def _save_authorities(pki: SamplePki) -> None:
    """Their keys lie open: what they certify exists in tests and demonstrations only."""
    for name, branch in pki.branches.items():
        file = _ANCHOR_FILES[name][0]
        branch.issuing.save(pki.directory / _AUTHORITIES / file)
        branch.root.save(pki.directory / _AUTHORITIES / f"{file}-root")


if __name__ == "__main__":
    issue_sample_pki(Path(sys.argv[1]))
