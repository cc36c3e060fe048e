"""Whom this server may ask what an authority has revoked: `PLI_ANCHORS/revocation.json`, written by an administrator.

`[{"issuer": "intermediates/x.pem", "ocsp"?: URL, "crls"?: [URL, …]}]`; `issuer` is a file of one certificate below `PLI_ANCHORS`.
What certificates say of responders and lists counts for nothing: whoever may have a certificate stored here could otherwise
send this server anywhere.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError

FILE = "revocation.json"


@dataclass(frozen=True)
class Source:
    """One authority; `name` is that of its file, for log lines."""

    name: str
    issuer: x509.Certificate
    responder: str | None
    lists: tuple[str, ...]

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether the authority signed this certificate (and it is not its own)."""
        if certificate == self.issuer:
            return False
        try:
            certificate.verify_directly_issued_by(self.issuer)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def sources() -> list[Source]:
    """Every authority listed; none where there is no list. Raises ImproperlyConfigured."""
    folder: Path = settings.PLI_ANCHORS
    file = folder / FILE
    if not file.exists():
        return []
    try:
        entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        return [_source(folder, **entry) for entry in entries]
    except (OSError, ValueError, TypeError, AttributeError, PkiError) as error:
        raise ImproperlyConfigured(f"{FILE}: {error}") from error


def _source(folder: Path, *, issuer: str, ocsp: str | None = None, crls: tuple[str, ...] = ()) -> Source:
    certificate = load_certificate((folder / issuer).read_bytes())
    return Source(issuer, certificate, _checked(ocsp) if ocsp else None, tuple(map(_checked, crls)))


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError(f"not an address to ask: {url}")
    return url
