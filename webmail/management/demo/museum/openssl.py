"""The OpenSSL program as a correspondent uses it."""

import subprocess

from webmail.management.demo.museum.materials import Correspondent, Materials

_FIRST = ("-aes", "-des", "-rc2", "-stream", "-keyid", "-provider")


class OpenSslRefused(Exception):
    """What OpenSSL does not do here: the ciphers of old messages need its legacy provider, which is not everywhere."""


def sign(materials: Materials, who: Correspondent, entity: bytes, *options: str) -> bytes:
    """`openssl cms -sign`: DER, detached unless `-nodetach` is among the options."""
    return _cms(entity, "-sign", "-outform", "DER", *materials.files(who), *options)


def sign_as_text(materials: Materials, who: Correspondent, entity: bytes, *options: str) -> bytes:
    """`openssl cms -sign` as it prints it: multipart/signed, or opaque with `-nodetach`."""
    return _cms(entity, "-sign", *materials.files(who), *options)


def encrypt(materials: Materials, entity: bytes, *options: str) -> bytes:
    """`openssl cms -encrypt` to the reader, DER. A cipher goes first in `options`, key options (`-keyopt`) last."""
    ciphers = [one for one in options if one.startswith(_FIRST)]
    keys = [one for one in options if one not in ciphers]
    return _cms(entity, "-encrypt", "-outform", "DER", *ciphers, "-recip", str(materials.reader_file), *keys)


def encrypt_to(entity: bytes, recipients: list[str], *options: str) -> bytes:
    """To several certificates, by their files."""
    named = [argument for file in recipients for argument in ("-recip", file)]
    return _cms(entity, "-encrypt", "-outform", "DER", *options, *named)


def encrypt_by_password(entity: bytes, password: str) -> bytes:
    """`openssl cms -encrypt -pwri_password`: whoever knows the password reads it, DER."""
    return _cms(entity, "-encrypt", "-outform", "DER", "-aes-256-cbc", "-pwri_password", password)


def _cms(content: bytes, *arguments: str) -> bytes:
    command = ["openssl", "cms", *arguments[:1], "-binary", *arguments[1:]]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode:
        raise OpenSslRefused(f"openssl cms {arguments[0]}: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout
