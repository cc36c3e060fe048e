"""The ways in which programs write the same thing: Denis signs with OpenSSL and mostly encrypts to the reader."""

from functools import partial
from typing import Any

from bridge.pki.certificates import pem
from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.cms_parts import compressed, enclosed_certificates
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.pictures import write_pdf

UNPROTECTED = frozenset({"headers-unprotected"})
SIGNED = Expected("S1b", notices=UNPROTECTED, text=shapes.TEXT, reason="headers-unprotected")
SIGNED_AND_ENCRYPTED = SIGNED.but(encrypted=True)
SESAME = "ouvre-toi"
_OAEP = ("-keyopt", "rsa_padding_mode:oaep")
_OAEP_SHA256 = (*_OAEP, "-keyopt", "rsa_oaep_md:sha256")
_OAEP_SHA512 = (*_OAEP, "-keyopt", "rsa_oaep_md:sha512", "-keyopt", "rsa_mgf1_md:sha1")


def signed(materials: Materials, entity: bytes) -> bytes:
    """`multipart/signed` by Denis."""
    return shapes.clear_signed(entity, openssl.sign(materials, materials.denis, entity))


def signed_opaque(materials: Materials, entity: bytes, *options: str) -> bytes:
    return shapes.pkcs7(openssl.sign(materials, materials.denis, entity, "-nodetach", *options), "signed-data")


def encrypted(*options: str) -> Maker:
    """Signed by Denis, then encrypted with these options."""

    def make(materials: Materials, subject: str) -> bytes:
        cms = openssl.encrypt(materials, signed(materials, shapes.entity()), *options)
        return shapes.outer(materials, subject) + shapes.pkcs7(cms)

    return make


def opaque_inside(materials: Materials, subject: str) -> bytes:
    cms = openssl.encrypt(materials, signed_opaque(materials, shapes.entity()), "-aes-256-cbc")
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def detached_alone(materials: Materials, subject: str) -> bytes:
    return shapes.outer(materials, subject) + signed(materials, shapes.entity())


def as_openssl_prints(materials: Materials, subject: str) -> bytes:
    """Headers, line ends and boundaries are OpenSSL's own."""
    printed = openssl.sign_as_text(materials, materials.denis, shapes.entity())
    return shapes.fields(materials, subject).replace(b"\r\n", b"\n") + printed


def opaque_alone(materials: Materials, subject: str, *options: str) -> bytes:
    return shapes.outer(materials, subject) + signed_opaque(materials, shapes.entity(), *options)


def opaque_stream(materials: Materials, subject: str) -> bytes:
    return opaque_alone(materials, subject, "-stream")


def nested(materials: Materials, subject: str) -> bytes:
    """A clear-signed message signed again, as a gateway does."""
    return shapes.outer(materials, subject) + signed_opaque(materials, signed(materials, shapes.entity()))


def triple_wrapped(materials: Materials, subject: str) -> bytes:
    """Signed, encrypted, signed (RFC 2634 §1.1)."""
    inner = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
    return shapes.outer(materials, subject) + signed(materials, shapes.pkcs7(inner))


def under_heading(heading: str) -> Maker:
    """The same CMS under another Content-Type (and whatever fields follow it)."""

    def make(materials: Materials, subject: str) -> bytes:
        cms = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
        return shapes.outer(materials, subject) + heading.encode() + b"\r\n\r\n" + shapes.lines(cms)

    return make


def quoted_printable(materials: Materials, subject: str) -> bytes:
    """A relay that knows nothing of base64: every octet of the CMS by its number."""
    cms = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
    rows = (cms[at : at + 25] for at in range(0, len(cms), 25))
    body = b"=\r\n".join("".join(f"={octet:02X}" for octet in row).encode() for row in rows)
    head = (
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return shapes.outer(materials, subject) + head + body


def binary(materials: Materials, subject: str) -> bytes:
    """The octets of the CMS as they are, in the only part of a multipart."""
    cms = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
    head = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return shapes.outer(materials, subject) + shapes.multipart("multipart/mixed", head + cms)


def binary_signature(materials: Materials, subject: str) -> bytes:
    signature = openssl.sign(materials, materials.denis, shapes.entity())
    head = b"Content-Type: application/x-pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    kind = 'multipart/signed; protocol="application/x-pkcs7-signature"; micalg=sha-256'
    return shapes.outer(materials, subject) + shapes.multipart(kind, shapes.entity(), head + signature, edge="=_signe")


def lone_attachment(materials: Materials, subject: str) -> bytes:
    """What a gateway makes of it: an empty text, and the CMS as the only file."""
    cms = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
    part = shapes.pkcs7(cms, media="application/octet-stream")
    return shapes.outer(materials, subject) + shapes.multipart("multipart/mixed", shapes.entity(" \r\n"), part)


def apple_double_file(materials: Materials, subject: str) -> bytes:
    """Mac programs send a file as two forks (RFC 1740)."""
    fork = b"Content-Type: application/applefile; name=bilan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    report = b'Content-Type: application/pdf; name="bilan.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
    report += b'Content-Disposition: attachment; filename="bilan.pdf"\r\n\r\n' + shapes.lines(write_pdf(["Bilan"]))
    double = shapes.multipart("multipart/appledouble", fork + shapes.lines(_RESOURCE_FORK), report, edge="=_mac")
    entity = shapes.multipart("multipart/mixed", shapes.entity(), double)
    cms = openssl.encrypt(materials, signed(materials, entity), "-aes-256-cbc")
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def apple_double_envelope(materials: Materials, subject: str) -> bytes:
    """The CMS itself travels as the data fork."""
    cms = openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-cbc")
    fork = b"Content-Type: application/applefile; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    parts = (fork + shapes.lines(_RESOURCE_FORK), shapes.pkcs7(cms))
    return shapes.outer(materials, subject) + shapes.multipart("multipart/appledouble", *parts, edge="=_mac")


# AppleSingle/AppleDouble header (RFC 1740 appendix A): magic, version 2, one entry (9, Finder info) of 32 octets.
_RESOURCE_FORK = (
    bytes.fromhex("00051607 00020000") + bytes(16) + bytes.fromhex("0001 00000009 00000026 00000020") + bytes(32)
)


def compressed_inside(materials: Materials, subject: str) -> bytes:
    """Compressed, signed, encrypted (RFC 8551 §3.6)."""
    entity = shapes.pkcs7(compressed(shapes.entity()), "compressed-data")
    cms = openssl.encrypt(materials, signed(materials, entity), "-aes-256-cbc")
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def compressed_outside(materials: Materials, subject: str) -> bytes:
    """A signed message that was compressed afterwards."""
    whole = compressed(signed(materials, shapes.entity()))
    return shapes.outer(materials, subject) + shapes.pkcs7(whole, "compressed-data")


def certificates_only(materials: Materials, subject: str) -> bytes:
    """What people send who want to be written to."""
    cms = enclosed_certificates([materials.denis.certificate, *materials.denis.chain])
    head = b'Content-Type: application/pkcs7-mime; smime-type=certs-only; name="smime.p7c"\r\n'
    return shapes.outer(materials, subject) + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + shapes.lines(cms)


def unsigned(materials: Materials, subject: str, cipher: str, content: bytes) -> bytes:
    """Encrypted by nobody in particular."""
    return shapes.outer(materials, subject) + shapes.pkcs7(openssl.encrypt(materials, content, cipher))


def among_others(materials: Materials, subject: str) -> bytes:
    """The reader is the last of three recipients."""
    denis, partner = (
        materials.write(f"recipient-{number}.pem", pem(certificate))
        for number, certificate in enumerate((materials.denis.certificate, materials.partner.certificate))
    )
    others = [str(denis), str(partner)]
    entity = signed(materials, shapes.entity())
    cms = openssl.encrypt_to(entity, [*others, str(materials.reader_file)], "-aes-256-cbc")
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def password(materials: Materials, subject: str) -> bytes:
    cms = openssl.encrypt_by_password(shapes.entity(), SESAME)
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def like_outlook(materials: Materials, subject: str) -> bytes:
    """Text and HTML, signed opaque, encrypted, under the headings that Outlook writes."""
    both = (
        shapes.entity(),
        shapes.entity("<html><body><p>Voici le bilan.</p></body></html>", "text/html; charset=utf-8"),
    )
    entity = shapes.multipart("multipart/alternative", *both, edge="----=_NextPart_000_0001")
    cms = openssl.encrypt(materials, signed_opaque(materials, entity), "-aes-256-cbc")
    more = "X-Mailer: Microsoft Outlook 16.0\r\nThread-Index: AdsA\r\nContent-Language: fr\r\n"
    head = b'Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n\tname="smime.p7m"\r\n'
    head += b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n\tfilename="smime.p7m"\r\n\r\n'
    return shapes.outer(materials, subject, more=more) + head + shapes.lines(cms)


_HPRIM = """0001
DURAND
CAMILLE
1 RUE FICTIVE

75000 PARIS
01/01/1970

DENIS
MARTIN
22/11/2026
""".replace("\n", "\r\n")


def like_apicrypt(materials: Materials, subject: str) -> bytes:
    """A result for practice software: an HPRIM text and its file, Latin-1, signed opaque under the x- types."""
    file = b"Content-Type: text/plain; charset=iso-8859-1; name=resultat.hpr\r\nContent-Transfer-Encoding: base64\r\n"
    file += b"Content-Disposition: attachment; filename=resultat.hpr\r\n\r\n" + shapes.lines(_HPRIM.encode("latin-1"))
    text = b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    entity = shapes.multipart("multipart/mixed", text + b"R=E9sultat. Voici le bilan.\r\n", file)
    inner = openssl.sign(materials, materials.denis, entity, "-nodetach")
    outside = openssl.encrypt(
        materials, shapes.pkcs7(inner, "signed-data", media="application/x-pkcs7-mime"), "-aes-128-cbc"
    )
    return shapes.outer(materials, subject) + shapes.pkcs7(outside, media="application/x-pkcs7-mime")


def _row(key: str, title: str, maker: Maker, expected: Expected = SIGNED_AND_ENCRYPTED, **asking: Any) -> Exhibit:
    return Exhibit(key, Room.DIALECT, title, maker, expected, **asking)


_NOT_PROVED = Expected("S5", encrypted=True, notices=UNPROTECTED, text=shapes.TEXT, reason="sender-not-proved")
_PLAIN_ONLY = _NOT_PROVED.but(notices=UNPROTECTED | {"plain-text-only"})

ROOM = (
    _row("v15-cbc-256", "RSA v1.5 et AES-256-CBC, la forme que tous lisent", encrypted("-aes-256-cbc")),
    _row("v15-cbc-128", "RSA v1.5 et AES-128-CBC", encrypted("-aes-128-cbc")),
    _row("v15-cbc-192", "RSA v1.5 et AES-192-CBC", encrypted("-aes-192-cbc")),
    _row("oaep-sha1-cbc", "OAEP SHA-1 et AES-256-CBC", encrypted("-aes-256-cbc", *_OAEP)),
    _row("oaep-sha256-cbc", "OAEP SHA-256 et AES-256-CBC", encrypted("-aes-256-cbc", *_OAEP_SHA256)),
    _row("oaep-sha512-mgf1-sha1", "OAEP SHA-512 avec MGF1 SHA-1", encrypted("-aes-256-cbc", *_OAEP_SHA512)),
    _row("v15-gcm-128", "RSA v1.5 et AES-128-GCM", encrypted("-aes-128-gcm")),
    _row("v15-gcm-256", "RSA v1.5 et AES-256-GCM", encrypted("-aes-256-gcm")),
    _row("oaep-sha256-gcm", "OAEP SHA-256 et AES-256-GCM", encrypted("-aes-256-gcm", *_OAEP_SHA256)),
    _row("ber-stream", "BER à longueurs indéfinies, écrit au fil de l’eau", encrypted("-aes-256-cbc", "-stream")),
    _row("key-identifier", "Destinataire nommé par l’identifiant de sa clé", encrypted("-aes-256-cbc", "-keyid")),
    _row("among-others", "Destinataire parmi d’autres", among_others),
    _row("opaque-encrypted", "Signature opaque, puis chiffrement", opaque_inside),
    _row("detached", "Signature détachée, en clair", detached_alone, SIGNED),
    _row("detached-openssl", "Signature détachée, comme OpenSSL l’imprime", as_openssl_prints, SIGNED),
    _row("opaque", "Signature opaque, en clair", opaque_alone, SIGNED),
    _row("opaque-stream", "Signature opaque en BER", opaque_stream, SIGNED),
    _row("nested", "Signature dans une signature", nested, SIGNED),
    _row("triple-wrapped", "Signé, chiffré, signé", triple_wrapped),
    _row(
        "x-pkcs7-mime",
        "Ancien type application/x-pkcs7-mime",
        under_heading("Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64"),
    ),
    _row(
        "no-smime-type",
        "Sans smime-type ni nom",
        under_heading("Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64"),
    ),
    _row(
        "wrong-smime-type",
        "smime-type qui se trompe",
        under_heading(
            "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=x.bin\r\nContent-Transfer-Encoding: base64"
        ),
    ),
    _row(
        "octet-stream",
        "Fichier .p7m de type quelconque",
        under_heading("Content-Type: application/octet-stream; name=message.p7m\r\nContent-Transfer-Encoding: base64"),
    ),
    _row("quoted-printable", "CMS en quoted-printable", quoted_printable),
    _row("binary", "CMS en binaire", binary),
    _row("binary-signature", "Signature en binaire", binary_signature, SIGNED),
    _row("lone-attachment", "Fichier .p7m seul sous un texte vide", lone_attachment),
    _row("apple-double-envelope", "Enveloppe en AppleDouble", apple_double_envelope),
    _row(
        "apple-double-file",
        "Pièce jointe en AppleDouble",
        apple_double_file,
        SIGNED_AND_ENCRYPTED.but(files=("bilan.pdf",)),
    ),
    _row("compressed", "Compressé, signé, chiffré", compressed_inside),
    _row("compressed-outside", "Signé, puis compressé", compressed_outside, SIGNED),
    _row(
        "certs-only",
        "Des certificats et rien d’autre",
        certificates_only,
        Expected("S5", notices=frozenset({"certificates-only"})),
    ),
    _row("outlook", "À la manière d’Outlook", like_outlook, SIGNED_AND_ENCRYPTED.but(html=True)),
    _row(
        "apicrypt",
        "À la manière d’Apicrypt",
        like_apicrypt,
        SIGNED_AND_ENCRYPTED.but(text="Résultat. Voici le bilan.", files=("resultat.hpr",)),
    ),
    _row(
        "gcm-unsigned",
        "Chiffré en GCM sans signature",
        partial(unsigned, cipher="-aes-256-gcm", content=shapes.entity()),
        _NOT_PROVED,
    ),
    _row(
        "cbc-unsigned",
        "Chiffré en CBC sans signature",
        partial(unsigned, cipher="-aes-256-cbc", content=shapes.entity()),
        _PLAIN_ONLY,
    ),
    _row(
        "bare-text",
        "Texte chiffré sans en-tête MIME",
        partial(unsigned, cipher="-aes-256-gcm", content=b"Voici le bilan.\r\n"),
        _NOT_PROVED.but(text=shapes.BILAN),
    ),
    _row(
        "password",
        f"Chiffré par mot de passe ({SESAME})",
        password,
        Expected("S5", encrypted=True, quarantined="password-needed"),
        permission={"password": SESAME},
        granted=_PLAIN_ONLY,
    ),
)
