"""`python -m tests.fuzz.seeds` makes `corpus/` afresh: small honest samples of everything, to be broken by the fuzzers.

All of it is made here, by `bridge.cms` and by OpenSSL, for the keys in `corpus/keys.json`, which open nothing else. What a fuzzer
once found stands in `corpus/found/` and is not touched.
"""

import base64
import json
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.card_proof import CardProof
from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.errors import CmsError
from bridge.cms.grants import HolderKind, Role
from bridge.cms.log import LogKind
from bridge.cms.mailbox_keys import encode_epochs
from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.cms.oid import encode_oid
from bridge.cms.password import unwrap_with_password
from bridge.cms.recipients import CertificateRecipient, KekRecipient
from bridge.cms.recovery import RecoveryRequest, split_secret
from bridge.cms.recovery_code import format_code, groups, qr_text
from bridge.cms.signed import software_signer
from bridge.cms.unwrapping import unwrap, unwrap_with_kek
from tests.vectors.membership_cases.officers import policy_of
from tests.vectors.registers import Register, alice, bob, chloe, fresh_keys
from webmail.domain.reading import read_message

CORPUS = Path(__file__).parent / "corpus"
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ADDRESS = "alice@pli.example"
CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"
KEK, KEK_ID, PASSWORD = bytes(range(32)), b"the fuzzers' KEK", "fuzz"
FIELDS = (
    b"From: Alice <alice@pli.example>\r\nTo: Bob <bob@pli.example>, carol@pli.example\r\nSubject: =?utf-8?q?R=C3=A9sultat?=\r\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@pli.example>\r\n"
)


def certificate(key: Any, name: str, signer: Any = None, issuer: str | None = None) -> x509.Certificate:
    """Self-signed, or for a key that cannot sign by `signer`."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer or name)]
    builder = (
        x509.CertificateBuilder(subject_name=names[0], issuer_name=names[1], public_key=key.public_key())
        .serial_number(int.from_bytes(name.encode()))
        .not_valid_before(AT - timedelta(days=30))
        .not_valid_after(AT + timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(ADDRESS)]), critical=False)
    )
    own = signer or key
    return builder.sign(own, None if isinstance(own, ed25519.Ed25519PrivateKey) else hashes.SHA256())


class People:
    """One holder for each kind of key, and signers."""

    def __init__(self) -> None:
        self.p256 = ec.generate_private_key(ec.SECP256R1())
        self.openers: dict[str, Any] = {
            "rsa": rsa.generate_private_key(65537, 2048),
            "p256": self.p256,
            "p384": ec.generate_private_key(ec.SECP384R1()),
            "x25519": x25519.X25519PrivateKey.generate(),
        }
        self.signers: dict[str, Any] = {
            "rsa-signer": rsa.generate_private_key(65537, 2048),
            "p256-signer": ec.generate_private_key(ec.SECP256R1()),
            "ed25519-signer": ed25519.Ed25519PrivateKey.generate(),
        }
        ca = self.signers["p256-signer"]
        self.certificates = {name: certificate(key, name, ca, "p256-signer") for name, key in self.openers.items()}
        self.certificates |= {name: certificate(key, name) for name, key in self.signers.items()}

    def signer(self, name: str) -> Signer:
        return Signer(self.certificates[name], (), software_signer(self.signers[name]))

    def keys(self) -> dict[str, Any]:
        """`keys.json`."""
        openers = {
            name: {"pkcs8": _text(_pkcs8(key)), "certificate": _text(_der(self.certificates[name]))}
            for name, key in self.openers.items()
        }
        return {"openers": openers, "kek": _text(KEK), "password": PASSWORD, "content": _text(CONTENT)}


def _der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def _pkcs8(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class OpenSsl:
    """The peer with the most forms."""

    def __init__(self, people: People, folder: Path) -> None:
        self.folder = folder
        for name, one in people.certificates.items():
            (folder / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
        for name, key in (people.openers | people.signers).items():
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / f"{name}.key").write_bytes(pem)

    def cms(self, *arguments: str, content: bytes = CONTENT) -> bytes:
        command = ["openssl", "cms", "-binary", "-outform", "DER", *arguments]
        return subprocess.run(command, input=content, cwd=self.folder, capture_output=True, check=True).stdout

    def sign(self, name: str, *arguments: str, content: bytes = CONTENT) -> bytes:
        return self.cms("-sign", "-signer", f"{name}.pem", "-inkey", f"{name}.key", *arguments, content=content)

    def encrypt(self, name: str, *arguments: str, content: bytes = CONTENT) -> bytes:
        ordered = [one for one in arguments if not one.startswith(("-keyopt", "rsa_", "ecdh_"))]
        options = [one for one in arguments if one not in ordered]
        return self.cms("-encrypt", *ordered, "-recip", f"{name}.pem", *options, content=content)


def cms_samples(people: People, openssl: OpenSsl) -> dict[str, bytes]:
    """Every form of a layer."""
    to = {name: CertificateRecipient(people.certificates[name]) for name in people.openers}
    labelled = CertificateRecipient(
        people.certificates["rsa"], "rsa-oaep-sha256", b"pli-message", by_key_identifier=True
    )
    samples = {
        "enveloped-cbc": build_enveloped(CONTENT, [to["rsa"], to["p256"]], content_algorithm="aes-256-cbc"),
        "enveloped-gcm-attributes": build_enveloped(
            CONTENT, [to["p384"]], content_type="1.2.3.4", auth_attributes={"1.2.3.5": b"\4\1x"}
        ),
        "sealed": build_enveloped(CONTENT, [labelled]),
        "kekri": build_enveloped(CONTENT, [KekRecipient(KEK_ID, KEK)], content_algorithm="aes-128-gcm"),
        "openssl-oaep": openssl.encrypt("rsa", "-aes-128-cbc", "-keyopt", "rsa_padding_mode:oaep"),
        "openssl-stream": openssl.encrypt("rsa", "-aes-192-cbc", "-stream"),
        "openssl-ecdh": openssl.encrypt("p256", "-aes-256-gcm", "-keyopt", "ecdh_kdf_md:sha512"),
        "openssl-3des": openssl.encrypt("rsa", "-des3"),
        "openssl-password": openssl.cms("-encrypt", "-aes-128-cbc", "-pwri_password", PASSWORD),
        "signed-rsa": openssl.sign("rsa-signer", "-nodetach"),
        "signed-pss": openssl.sign("rsa-signer", "-keyopt", "rsa_padding_mode:pss"),
        "signed-ecdsa-stream": openssl.sign("p256-signer", "-nodetach", "-stream", "-keyid"),
        "signed-sha1": openssl.sign("p256-signer", "-nodetach", "-md", "sha1"),
        "signed-twice": openssl.sign(
            "p256-signer", "-nodetach", "-signer", "rsa-signer.pem", "-inkey", "rsa-signer.key"
        ),
        "signed-nobody": openssl.sign("p256-signer", "-nodetach", "-nocerts", "-noattr"),
        "compressed": compressed(CONTENT * 9),
        "e2h": e2h(people, CONTENT),
    }
    samples["x25519"] = build_enveloped(CONTENT, [to["x25519"]], content_algorithm="aes-256-gcm")
    return samples


def compressed(content: bytes) -> bytes:
    """CompressedData (RFC 3274): OpenSSL is mostly built without."""
    octets = encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, zlib.compress(content)))
    encapsulated = encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), octets)
    algorithm = encode(ber.SEQUENCE, encode_oid(algorithms.ZLIB_COMPRESS))
    data = encode(ber.SEQUENCE, encode(ber.INTEGER, b"\0"), algorithm, encapsulated)
    return encode(ber.SEQUENCE, encode_oid(algorithms.ID_COMPRESSED_DATA), encode(ber.CONTEXT_0, data))


def e2h(people: People, entity: bytes) -> bytes:
    return sign_message(
        entity, people.signer("p256-signer"), encryption_certificate=people.certificates["p256"], signing_time=AT,
        card_signature=sign_with_card(entity, people.signer("rsa-signer"), AT),
    )  # fmt: skip


def mime_samples(people: People, openssl: OpenSsl) -> dict[str, bytes]:
    """Whole messages: clear, signed, encrypted, protected, old and odd."""
    entity = (
        FIELDS + b'HP-Outer: Subject: [...]\r\nContent-Type: text/plain; charset=utf-8; hp="cipher"\r\n\r\nBonjour.\r\n'
    )
    signed = multipart_signed(entity, e2h(people, entity))
    to_p256 = [CertificateRecipient(people.certificates["p256"])]
    opaque = openssl.sign("p256-signer", "-nodetach", content=entity)
    return {
        "clear": FIELDS + b"\r\nBonjour.\r\n",
        "alternative": FIELDS + _alternative() ,
        "attachments": FIELDS + _attachments(),
        "signed": FIELDS + signed,
        "opaque": FIELDS + enveloped(opaque, b"signed-data"),
        "encrypted": FIELDS + enveloped(build_enveloped(signed, to_p256, content_algorithm="aes-256-cbc")),
        "gcm": FIELDS + enveloped(build_enveloped(entity, to_p256)),
        "old": FIELDS + enveloped(openssl.encrypt("rsa", "-des3")),
        "forwarded": FIELDS + b"Content-Type: message/rfc822\r\n\r\n" + FIELDS + b"\r\nDedans.\r\n",
        "v1": FIELDS + multipart_signed(
            (v1 := b"Content-Type: multipart/mixed; boundary=v1; protected-headers=v1\r\nSubject: dedans\r\nFrom: alice@pli.example\r\n\r\n--v1\r\n\r\nx\r\n--v1--\r\n"),
            openssl.sign("p256-signer", content=v1),
        ),
    }  # fmt: skip


def multipart_signed(entity: bytes, signature: bytes) -> bytes:
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_s"\r\n\r\n'
    part = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"--=_s\r\n" + entity + b"\r\n--=_s\r\n" + part + _lines(signature) + b"\r\n--=_s--\r\n"


def enveloped(cms: bytes, kind: bytes = b"enveloped-data") -> bytes:
    head = b"Content-Type: application/pkcs7-mime; smime-type=" + kind + b"; name=smime.p7m\r\n"
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(cms)


def _lines(value: bytes) -> bytes:
    return base64.encodebytes(value).replace(b"\n", b"\r\n")


def _alternative() -> bytes:
    plain = b"--=_a\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nd=E9j=E0=20\r\n"
    html = b"--=_a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>d\xc3\xa9j\xc3\xa0 <img src=cid:1></p>\r\n--=_a--\r\n"
    return b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=_a"\r\n\r\n' + plain + html


def _attachments() -> bytes:
    head = b'Content-Type: multipart/mixed; boundary="=_m"\r\n\r\n--=_m\r\n\r\nCi-joint.\r\n'
    pdf = b"--=_m\r\nContent-Type: application/pdf; name*0*=utf-8''r%C3%A9; name*1=sultat.pdf\r\nContent-Transfer-Encoding: base64\r\n"
    return (
        head
        + pdf
        + b'Content-Disposition: attachment; filename="=?utf-8?q?r=C3=A9?=.pdf"\r\n\r\nJVBERi0=\r\n--=_m--\r\n'
    )


def header_samples() -> dict[str, bytes]:
    """Header blocks, where two readers could see two senders."""
    lines = {
        "plain": b"From: Alice <alice@pli.example>\r\nTo: bob@pli.example\r\nSubject: x\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n",
        "words": b"From: =?utf-8?q?Al=C3=A9?= =?utf-8?b?w6k=?= <a@b.example>\r\nTo: =?iso-8859-1?q?J=E9?= <j@b.example>, k@b.example\r\nSubject: =?utf-8?b?w6k=?=\r\n =?utf-8?b?w6k=?= fin\r\n",
        "quoted": b'From: "Martin, Alice" <a@b.example>\r\nTo: "B \\"o\\" b" <b@b.example>,\r\n\t(comment) c@b.example\r\nCc: equipe: d@b.example, e@b.example;\r\nSubject:\r\n long\r\n folded\r\n',
        "utf8": "From: Zoé <zoé@b.example>\r\nTo: b@b.example\r\nSubject: é à\r\nDate: 21 Nov 2026 09:00 GMT\r\n".encode(),
        "references": b"From: a@b.example\r\nReferences: <1@b> <2@b>\r\nIn-Reply-To: <2@b>\r\nMessage-ID: <3@b>\r\nReply-To: r@b.example\r\nSubject: Re: x\r\n",
    }  # fmt: skip
    return {name: head + b"\r\nx\r\n" for name, head in lines.items()}


def content_keys(samples: Iterable[bytes], people: People) -> list[str]:
    """The CEKs of the samples, so that a reader can tell a key from what implicit rejection answers."""
    return sorted({key.hex() for sample in samples for key in _tried(sample, people) if _opens(sample, key)})


def _tried(sample: bytes, people: People) -> Iterator[bytes]:
    layer = parse_enveloped(sample)
    algorithm = layer.content_algorithm.oid
    for info in layer.recipients:
        for key in people.openers.values():
            for label in (None, "pli-message"):
                yield _try(lambda k=key, lab=label, i=info: unwrap(i.der, k, content_algorithm=algorithm, label=lab))
        yield _try(lambda i=info: unwrap_with_kek(i.der, KEK))
        yield _try(lambda i=info: unwrap_with_password(i.der, PASSWORD, content_algorithm=algorithm))


def _try(make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except CmsError:  # another kind of key
        return b""


def _opens(sample: bytes, key: bytes) -> bool:
    return _try(lambda: parse_enveloped(sample).decrypt(key)).startswith((b"From: ", b"Content-Type: "))


def _layers(samples: dict[str, dict[str, bytes]]) -> Iterator[bytes]:
    """The encrypted ones among the samples, those inside messages too."""
    inside = [message_from_bytes(one).get_payload(decode=True) for one in samples["mime"].values()]
    for sample in (*samples["cms"].values(), *inside):
        if isinstance(sample, bytes) and _try(lambda one=sample: str(parse_enveloped(one)).encode()):
            yield sample


def recipient_samples(layers: dict[str, bytes]) -> dict[str, bytes]:
    """A RecipientInfo of each kind and algorithm in the layers of messages."""
    found: dict[tuple[str, str], tuple[str, bytes]] = {}
    for name, layer in sorted(layers.items()):
        if _try(lambda one=layer: str(parse_enveloped(one)).encode()):
            for number, info in enumerate(parse_enveloped(layer).recipients):
                found.setdefault((info.kind, info.key_algorithm), (f"{name}-{info.kind}-{number}", info.der))
    return dict(found.values())


def paper_samples() -> dict[str, bytes]:
    """One of each of our own structures, with everything optional in one of them."""
    register = Register.opened()
    keyed = register.keyed(HolderKind.RECOVERY, KEK, Role.OWNER, not_after=AT)
    share = split_secret(KEK, register.mailbox_id, 2, 2)[0]
    policy = policy_of(register, keyed, 1, bob(), chloe())
    request_key = keyed.holder_key or b""
    request = RecoveryRequest(bytes(16), bytes(16), policy.digest, bob().holder, request_key, "Garde de nuit", AT)
    register.act(
        LogKind.ROTATE,
        alice(),
        [keyed],
        register.binding(alice().identity),
        ends=[keyed],
        subject=bytes(32),
        signed_with_epoch=1,
    )
    keys = fresh_keys(confidential=True)
    return {
        "body": register.body(bob(), not_after=AT).to_der(),
        "body-keyed": keyed.to_der(),
        "binding": register.binding(alice().identity).to_der(),
        "entry": register.verified()[0].entry.to_der(),
        "entry-whole": register.verified()[-1].entry.to_der(),
        "policy": policy.to_der(),
        "request": request.to_der(),
        "share": share.to_der(),
        "proof": CardProof(bytes(32), ("rsa-pkcs1", "rsa-oaep-sha256"), AT).to_der(),
        "keys": replace(keys, earlier={2: fresh_keys(), 1: fresh_keys()}).to_der(),
        "history": encode_epochs({2: fresh_keys(), 1: fresh_keys()}),
    }


def code_samples() -> dict[str, bytes]:
    code = format_code(KEK)
    texts = {
        "plain": code,
        "groups": " ".join(groups(code)),
        "dashes": "-".join(groups(code.lower())),
        "qr": qr_text(code),
    }
    return {name: f"{text}\n".encode() for name, text in texts.items()}


def main() -> None:
    people = People()
    with TemporaryDirectory() as folder:
        openssl = OpenSsl(people, Path(folder))
        kinds = {
            "cms": cms_samples(people, openssl),
            "mime": mime_samples(people, openssl),
            "headers": header_samples(),
        }
    kinds["recipient"] = recipient_samples(kinds["cms"])
    kinds["summary"] = {"row": read_message(FIELDS + b"\r\nBonjour.\r\n").summary}
    kinds["certificate"] = {name: _der(one) for name, one in people.certificates.items()}
    kinds |= {"paper": paper_samples(), "code": code_samples()}
    for kind, samples in kinds.items():
        shutil.rmtree(CORPUS / kind, ignore_errors=True)
        (CORPUS / kind).mkdir(parents=True)
        for name, sample in samples.items():
            (CORPUS / kind / f"{name}.bin").write_bytes(sample)
    keys = people.keys() | {"contentKeys": content_keys(_layers(kinds), people)}
    (CORPUS / "keys.json").write_text(json.dumps(keys, indent=1) + "\n")


if __name__ == "__main__":
    main()
