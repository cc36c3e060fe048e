"""Three S/MIME programs that read what Pli writes: OpenSSL, NSS (Thunderbird's library) and gpgsm (GnuPG).

Each takes a wire message (RFC 5322 bytes), a correspondent's files, and the roots to trust; each returns the signed
content, or raises PeerRefused with what the program said. They know nothing of Pli.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from asn1crypto import cms

if TYPE_CHECKING:
    from email.message import Message

CARD_SIGNATURE = "2.25.273421815402683121003718430791159155241.2.2"


class PeerRefused(Exception):
    """A peer could not decrypt, or did not find the signature good."""


@dataclass(frozen=True)
class Correspondent:
    """A folder with certificate.pem, private-key.pem, a PKCS#12 (password), and the roots he trusts."""

    folder: Path
    p12: Path
    password: str
    roots: Sequence[Path]
    intermediates: Sequence[Path] = ()


def _run(command: Sequence[object], data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    arguments = [str(part) for part in command]
    return subprocess.run(arguments, input=data, capture_output=True, env={**os.environ, **environment}, check=False)


def _require(done: subprocess.CompletedProcess[bytes], what: str) -> bytes:
    if done.returncode:
        raise PeerRefused(f"{what}: {done.stderr.decode(errors='replace')[-600:]}")
    return done.stdout


def _bundle(files: Sequence[Path], target: Path) -> Path:
    target.write_bytes(b"".join(file.read_bytes() for file in files))
    return target


def read_with_openssl(wire: bytes, reader: Correspondent, work: Path) -> bytes:
    """`openssl cms -decrypt | -verify` with the roots given and nothing else."""
    entity = decrypt_with_openssl(wire, reader)
    trust = ["-CAfile", _bundle(reader.roots, work / "roots.pem"), "-purpose", "any"]
    return _require(_run(["openssl", "cms", "-verify", *trust], entity), "openssl verify")


def decrypt_with_openssl(wire: bytes, reader: Correspondent) -> bytes:
    """The multipart/signed entity inside."""
    key = ["-recip", reader.folder / "certificate.pem", "-inkey", reader.folder / "private-key.pem"]
    return _require(_run(["openssl", "cms", "-decrypt", *key], wire), "openssl decrypt")


def verify_card_part(wire: bytes, reader: Correspondent, health_roots: Sequence[Path], work: Path) -> str:
    """Take the card's SignedData out of the signed attribute and verify it with the health roots alone.

    Returns the subject of the card's certificate as OpenSSL writes it.
    """
    content, signature = signed_parts(canonical(decrypt_with_openssl(wire, reader)))
    for name, data in (("content.mime", content), ("card.der", _card_signature(signature))):
        (work / name).write_bytes(data)
    trust = ["-CAfile", _bundle(health_roots, work / "health-roots.pem"), "-purpose", "any"]
    detached = ["-inform", "DER", "-in", work / "card.der", "-content", work / "content.mime", "-binary"]
    signer = work / "card.pem"
    verified = _run(["openssl", "cms", "-verify", *detached, *trust, "-signer", signer])
    if _require(verified, "openssl verify (card)") != content:
        raise PeerRefused("openssl verify (card): other content")
    shown = _run(["openssl", "x509", "-in", signer, "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"])
    return _require(shown, "openssl x509").decode().strip()


def _card_signature(signature: bytes) -> bytes:
    """The one value of id-pli-aa-cardSignature (docs/FORMATS.md), DER."""
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    (attribute,) = [one for one in signer["signed_attrs"] if one["type"].dotted == CARD_SIGNATURE]
    (value,) = attribute["values"]
    return bytes(value.dump())


def _encrypted_der(wire: bytes) -> bytes:
    payload = message_from_bytes(wire, policy=policy.SMTP).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def signed_parts(entity: bytes) -> tuple[bytes, bytes]:
    """The exact signed bytes and the detached SignedData of a multipart/signed entity."""
    head, _, body = entity.partition(b"\r\n\r\n")
    outer: Message = message_from_bytes(head + b"\r\n\r\n", policy=policy.SMTP)
    boundary = outer.get_param("boundary", unquote=True)
    pieces = re.split(rb"\r\n--" + re.escape(str(boundary).encode()) + rb"(?:--)?[ \t]*(?:\r\n|$)", b"\r\n" + body)
    signature = message_from_bytes(pieces[2], policy=policy.SMTP).get_payload(decode=True)
    assert isinstance(signature, bytes)
    return pieces[1], signature


def canonical(entity: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", entity)


def read_with_nss(wire: bytes, reader: Correspondent, work: Path) -> bytes:
    """`cmsutil -D`, whose exit status says nothing of signatures: the per-signer status is read."""
    database = work / "nss"
    database.mkdir()
    store = f"sql:{database}"
    _require(_run(["certutil", "-N", "-d", store, "--empty-password"]), "certutil")
    for number, root in enumerate(reader.roots):
        _require(
            _run(["certutil", "-A", "-d", store, "-n", f"root{number}", "-t", "C,C,C", "-a", "-i", root]), "certutil"
        )
    _require(_run(["pk12util", "-i", reader.p12, "-d", store, "-W", reader.password, "-K", ""]), "pk12util")
    (work / "wire.der").write_bytes(_encrypted_der(wire))
    entity = _require(_run(["cmsutil", "-D", "-d", store, "-i", work / "wire.der"]), "cmsutil decrypt")
    content, signature = signed_parts(canonical(entity))
    (work / "content.bin").write_bytes(content)
    (work / "signature.der").write_bytes(signature)
    verify = ["cmsutil", "-D", "-d", store, "-i", work / "signature.der", "-c", work / "content.bin", "-h", "1"]
    said = _require(_run(verify), "cmsutil verify")
    if b"signer0.status=GoodSignature" not in said:
        raise PeerRefused(f"cmsutil: {said.decode(errors='replace')[:400]}")
    return content


def read_with_gpgsm(wire: bytes, reader: Correspondent, work: Path) -> bytes:
    """gpgsm with a home of its own, the roots trusted, and no revocation fetched (there is no network)."""
    home = work / "gnupg"
    home.mkdir(mode=0o700)
    common = ["gpgsm", "--homedir", home, "--batch", "--disable-crl-checks", "--disable-dirmngr"]
    agent = {"GNUPGHOME": str(home)}
    (home / "gpg-agent.conf").write_text("allow-preset-passphrase\n")
    try:
        _trust_in_gpgsm(home, reader)
        for file in (*reader.roots, *reader.intermediates):
            _run([*common, "--import", file], **agent)
        imported = ["--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", _old_p12(reader, work)]
        _require(_run([*common, *imported], reader.password.encode() + b"\n", **agent), "gpgsm import")
        (work / "gpgsm.der").write_bytes(_encrypted_der(wire))
        decrypt = ["--pinentry-mode", "loopback", "--passphrase-fd", "0", "--decrypt", work / "gpgsm.der"]
        entity = _require(_run([*common, *decrypt], reader.password.encode() + b"\n", **agent), "gpgsm decrypt")
        content, signature = signed_parts(canonical(entity))
        (work / "gpgsm-content").write_bytes(content)
        (work / "gpgsm-signature").write_bytes(signature)
        verify = ["--status-fd", "1", "--verify", work / "gpgsm-signature", work / "gpgsm-content"]
        said = _require(_run([*common, *verify], **agent), "gpgsm verify")
        if b"[GNUPG:] GOODSIG" not in said:
            raise PeerRefused(f"gpgsm: {said.decode(errors='replace')[:400]}")
        return content
    finally:
        _run(["gpgconf", "--kill", "all"], **agent)


def _old_p12(reader: Correspondent, work: Path) -> Path:
    """gpgsm 2.2 reads no PBES2 in PKCS#12."""
    file = work / "old.p12"
    parts = ["-inkey", reader.folder / "private-key.pem", "-in", reader.folder / "certificate.pem"]
    old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]
    command = ["openssl", "pkcs12", "-export", *parts, *old, "-passout", f"pass:{reader.password}", "-out", file]
    _require(_run(command), "openssl pkcs12")
    return file


def _trust_in_gpgsm(home: Path, reader: Correspondent) -> None:
    lines = []
    for root in reader.roots:
        shown = _require(_run(["openssl", "x509", "-in", root, "-noout", "-fingerprint", "-sha1"]), "openssl x509")
        lines.append(shown.decode().strip().split("=")[1] + " S relax")
    (home / "trustlist.txt").write_text("\n".join(lines) + "\n")


READERS: dict[str, Callable[[bytes, Correspondent, Path], bytes]] = {
    "openssl": read_with_openssl,
    "nss": read_with_nss,
    "gpgsm": read_with_gpgsm,
}
MISSING = [program for program in ("openssl", "cmsutil", "gpgsm") if not shutil.which(program)]
