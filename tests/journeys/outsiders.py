"""Correspondents outside, each with a key of his own, and the signed mail by which they announce how to write to them."""

import base64
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from practice import Practice

from bridge.cms.messages import Signer, sign_message
from bridge.cms.signed import software_signer
from bridge.pki.certificates import load_certificates, pem
from bridge.pki.issue import Authority, certificate_builder, key_usage, private_pem, sign
from webmail.management.demo import letters


@dataclass(frozen=True)
class Outsider:
    """A folder with certificate.pem, private-key.pem and chain.pem, as letters of OpenSSL want it."""

    folder: Path
    name: str
    address: str

    @property
    def certificate(self) -> x509.Certificate:
        return load_certificates((self.folder / "certificate.pem").read_bytes())[0]

    def decrypt(self, wire: bytes) -> bytes:
        """What `openssl cms -decrypt` makes of a message for this person. Raises CalledProcessError."""
        key = ["-recip", self.folder / "certificate.pem", "-inkey", self.folder / "private-key.pem"]
        return subprocess.run(["openssl", "cms", "-decrypt", *key], input=wire, capture_output=True, check=True).stdout


def denis(practice: Practice) -> Outsider:
    """Known to the directory of the sample practice."""
    return Outsider(practice.places.pki / "people" / "denis", "Denis Garnier", letters.OUTSIDER)


def issue_outsider(practice: Practice, name: str, address: str) -> Outsider:
    """Somebody whom the directory does not know, under the same authority as Denis."""
    folder = practice.places.pki / "people" / address.partition("@")[0]
    folder.mkdir()
    authority, now = Authority.load(practice.places.pki / "partner-ca"), datetime.now(UTC).replace(microsecond=0)
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin, end = now - timedelta(days=100), now + timedelta(days=300)
    builder = certificate_builder(authority, subject, key.public_key(), not_before=begin, not_after=end)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
    builder = builder.add_extension(key_usage("digital_signature", "key_encipherment"), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    (folder / "certificate.pem").write_bytes(pem(sign(builder, authority)))
    (folder / "private-key.pem").write_bytes(private_pem(key))
    (folder / "chain.pem").write_bytes(b"".join(pem(one) for one in (authority.certificate, *authority.chain)))
    return Outsider(folder, name, address)


def deliver(practice: Practice, sender: Outsider, recipient: str, message: bytes) -> None:
    letters.deliver(practice.places.lmtp_port, sender.address, recipient, [message])


def signed_by_openssl(sender: Outsider, recipient: str, subject: str) -> bytes:
    """A signed letter in clear; OpenSSL announces AES-CBC and no GCM."""
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour.\r\n"
    signer = ["-signer", sender.folder / "certificate.pem", "-inkey", sender.folder / "private-key.pem"]
    headers = ["-from", f"{sender.name} <{sender.address}>", "-to", recipient, "-subject", subject]
    command = ["openssl", "cms", "-sign", *signer, "-certfile", sender.folder / "chain.pem", *headers]
    signed = subprocess.run([*map(str, command)], input=entity, capture_output=True, check=True).stdout
    return letters.dated(signed)


def signed_by_recent_program(sender: Outsider, recipient: str, subject: str) -> bytes:
    """A signed letter in clear whose smimeCapabilities name AES-256-GCM and RSAES-OAEP."""
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour.\r\n"
    chain = tuple(load_certificates((sender.folder / "chain.pem").read_bytes()))
    key = load_pem_private_key((sender.folder / "private-key.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    now = datetime.now(UTC).replace(microsecond=0)
    signer = Signer(sender.certificate, chain, software_signer(key))
    signature = sign_message(entity, signer, encryption_certificate=sender.certificate, signing_time=now)
    head = EmailMessage()
    head["From"], head["To"], head["Subject"] = f"{sender.name} <{sender.address}>", recipient, subject
    head["Date"], head["Message-ID"], head["MIME-Version"] = format_datetime(now), make_msgid(), "1.0"
    kind = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_part"'
    start = b"".join(f"{name}: {value}\r\n".encode() for name, value in head.items())
    part = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    encoded = base64.encodebytes(signature).replace(b"\n", b"\r\n")
    body = b"--=_part\r\n" + entity + b"\r\n--=_part\r\n" + part + encoded + b"--=_part--\r\n"
    return start + f"Content-Type: {kind}\r\n\r\n".encode() + body


def form(wire: bytes) -> tuple[str, list[str]]:
    """The OID of the content cipher of a message that left, and how its keys travel, by asn1crypto's names."""
    der = base64.b64decode(wire.replace(b"\r\n", b"\n").partition(b"\n\n")[2])
    info = cms.ContentInfo.load(der)
    content, tagged = info["content"], info["content_type"].native == "authenticated_enveloped_data"
    encrypted = content["auth_encrypted_content_info" if tagged else "encrypted_content_info"]
    keys = [one.chosen["key_encryption_algorithm"]["algorithm"].native for one in content["recipient_infos"]]
    return encrypted["content_encryption_algorithm"]["algorithm"].dotted, keys
