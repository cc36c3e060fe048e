"""What the museum's messages are made of: people with keys and certificates, a reader, a moment, a folder for OpenSSL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr
from functools import cached_property
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.cms.messages import Signer
from bridge.cms.signed import software_signer
from bridge.pki import certificates
from bridge.pki.issue import (
    Authority,
    MailboxUse,
    certificate_builder,
    issue_mailbox_certificate,
    key_usage,
    private_pem,
    sign,
)
from bridge.pki.requests import build_request, verify_request
from bridge.pki.sample_health_pki import CARDS, issue_card_certificate

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

OUTSIDER = "denis@partner.example"
EXPOSITION = "exposition@pli.example"
_WEAK_RSA_BITS, _RSA_BITS = 1024, 2048


@dataclass(frozen=True, repr=False)
class Correspondent:
    """Somebody with one S/MIME certificate for his address."""

    name: str
    address: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private_key: PrivateKey

    @property
    def sender(self) -> str:
        """The From field's value."""
        return formataddr((self.name, self.address))

    @property
    def signer(self) -> Signer:
        """For `bridge.cms`, which signs with RSA and ECDSA."""
        key = cast("rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey", self.private_key)
        return Signer(self.certificate, self.chain, software_signer(key))


@dataclass(frozen=True, repr=False)
class SampleMailbox:
    """An address of the operator's domain: a signature key, and the encryption certificate that its messages announce."""

    name: str
    address: str
    signer: Signer
    encryption_certificate: x509.Certificate

    @property
    def sender(self) -> str:
        return formataddr((self.name, self.address))


@dataclass(frozen=True, repr=False)
class Materials:
    """`pki` is a folder of `issue_sample_pki`, `certificate` the reader's encryption certificate, `folder` for scratch files."""

    pki: Path
    folder: Path
    address: str
    certificate: x509.Certificate
    now: datetime

    @property
    def date(self) -> str:
        """The Date field's value, which is the signing time."""
        return format_datetime(self.now)

    @property
    def recipient(self) -> str:
        """The To field's value."""
        return formataddr(("Dr Alice Martin", self.address))

    @cached_property
    def reader_file(self) -> Path:
        """The reader's certificate as a file for OpenSSL."""
        return self.write("reader.pem", certificates.pem(self.certificate))

    @cached_property
    def partner(self) -> Authority:
        """An outside authority that the reader trusts for mail."""
        return Authority.load(self.pki / "partner-ca")

    @cached_property
    def operator(self) -> Authority:
        return Authority.load(self.pki / "operator-ca")

    @cached_property
    def denis(self) -> Correspondent:
        """The outsider with OpenSSL, whom the directory knows: RSA-2048."""
        folder = self.pki / "people" / "denis"
        key = load_pem_private_key((folder / "private-key.pem").read_bytes(), None)
        certificate = certificates.load_certificate((folder / "certificate.pem").read_bytes())
        chain = tuple(certificates.load_certificates((folder / "chain.pem").read_bytes()))
        return Correspondent("Denis Garnier", OUTSIDER, certificate, chain, cast("PrivateKey", key))

    @cached_property
    def denis_again(self) -> Correspondent:
        """Denis with a second certificate for the same address: P-256."""
        return self.issue("Denis Garnier", OUTSIDER, ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def elise(self) -> Correspondent:
        return self.issue("Élise Brun", "elise@partner.example", ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def edgar(self) -> Correspondent:
        return self.issue("Edgar Colin", "edgar@partner.example", ed25519.Ed25519PrivateKey.generate())

    @cached_property
    def weak_key_owner(self) -> Correspondent:
        """A certificate over a key that anybody can break in time: RSA-1024."""
        key = rsa.generate_private_key(65537, _WEAK_RSA_BITS)
        return self.issue("Gaston Leroy", "gaston@partner.example", key)

    @cached_property
    def exponent_three_owner(self) -> Correspondent:
        """A key whose exponent 3 made forgeries easy."""
        return self.issue("Gisèle Roy", "gisele@partner.example", rsa.generate_private_key(3, _RSA_BITS))

    @cached_property
    def expired(self) -> Correspondent:
        key = ec.generate_private_key(ec.SECP256R1())
        return self.issue("Félix Huet", "felix@partner.example", key, end=self.now - timedelta(days=30))

    @cached_property
    def stranger(self) -> Correspondent:
        """His authority is his own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité de personne")])
        authority = Authority(_self_signed(name, key, self.now), key, (), "http://crl.invalid/none.crl")
        return self.issue("Inès Morel", "ines@stranger.example", key, authority=authority)

    @cached_property
    def exposition(self) -> SampleMailbox:
        """A mailbox of the operator's domain, known to no directory: cards vouch for who writes from it."""
        return self.mailbox("Dr Bob Lefèvre", EXPOSITION)

    def mailbox(self, name: str, address: str) -> SampleMailbox:
        """Signature and encryption certificates of the operator over fresh P-256 keys."""
        signing, receiving = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        signature = self._certify(address, signing, "signature")
        signer = Signer(signature, (self.operator.certificate,), software_signer(signing))
        return SampleMailbox(name, address, signer, self._certify(address, receiving, "encryption"))

    def _certify(self, address: str, key: ec.EllipticCurvePrivateKey, use: MailboxUse) -> x509.Certificate:
        return issue_mailbox_certificate(
            self.operator,
            verify_request(build_request(key, address)),
            use=use,
            not_before=self.now - timedelta(days=1),
            not_after=self.now + timedelta(days=300),
        )

    def issue(
        self,
        name: str,
        address: str,
        key: PrivateKey,
        *,
        end: datetime | None = None,
        authority: Authority | None = None,
    ) -> Correspondent:
        """An ordinary S/MIME certificate, of the partner's authority unless another is named."""
        issuer = authority or self.partner
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begin, end = self.now - timedelta(days=100), end or self.now + timedelta(days=700)
        builder = certificate_builder(issuer, subject, key.public_key(), not_before=begin, not_after=end)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        builder = builder.add_extension(key_usage("digital_signature"), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return Correspondent(name, address, sign(builder, issuer), (issuer.certificate,), key)

    def card(self, name: str, use: str = "signature") -> Signer:
        """A key of a sample card, read with its PIN as the card table's owner may."""
        if (name, use) not in self._cards:
            self._cards[name, use] = _read_card(self.pki / "cards" / name, name, use)
        return self._cards[name, use]

    @cached_property
    def _cards(self) -> dict[tuple[str, str], Signer]:
        return {}

    @cached_property
    def false_card(self) -> Signer:
        """A certificate like that of Bob's card, of the partner's authority instead of the health authority's."""
        card, key = next(card for card in CARDS if card.name == "bob"), rsa.generate_private_key(65537, _RSA_BITS)
        certificate = issue_card_certificate(card, "signature", self.partner, key, self.now)
        return Signer(certificate, (self.partner.certificate,), software_signer(key))

    def keep(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What several exhibits show, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, bytes]:
        return {}

    def files(self, who: Correspondent) -> list[str]:
        """The options by which OpenSSL signs as somebody."""
        name = f"{who.address}-{certificates.certificate_sha256(who.certificate).hex()[:8]}"
        certificate = self.write(f"{name}.pem", certificates.pem(who.certificate))
        key = self.write(f"{name}-key.pem", private_pem(who.private_key))
        return ["-signer", str(certificate), "-inkey", str(key), "-certfile", str(self.chain_file(who))]

    def chain_file(self, who: Correspondent) -> Path:
        issuer = certificates.certificate_sha256(who.chain[0]).hex()[:8]
        return self.write(f"chain-{issuer}.pem", b"".join(map(certificates.pem, who.chain)))

    def write(self, name: str, content: bytes) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.folder / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(content)
        return file


def _read_card(folder: Path, name: str, use: str) -> Signer:
    pin = next(card.pin for card in CARDS if card.name == name)
    key, certificate, _ = pkcs12.load_key_and_certificates((folder / f"{use}.p12").read_bytes(), pin.encode())
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise TypeError(f"{folder}: a sample card holds RSA keys.")
    issuer, *_ = certificates.load_certificates((folder / "chain.pem").read_bytes())
    return Signer(certificate, (issuer,), software_signer(key))


def _self_signed(name: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
