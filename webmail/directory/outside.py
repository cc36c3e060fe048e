"""Correspondents outside this server, as an administrator or an import recorded them."""

import base64
from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from bridge.pki.certificates import der, load_certificate
from webmail.directory.listing import Listing, certificate_state
from webmail.models import DirectoryEntry


def lookup(addresses: Iterable[str]) -> dict[str, Listing]:
    """Listings of the addresses (lower case) that are recorded."""
    rows = DirectoryEntry.objects.filter(address__in=set(addresses))
    return {row.address: _listing(row) for row in rows}


def query(text: str, limit: int) -> list[Listing]:
    """Entries whose address or number starts with `text`, or whose name contains it."""
    condition = Q(address__istartswith=text) | Q(name__icontains=text) | Q(id_value__startswith=text)
    return [_listing(row) for row in DirectoryEntry.objects.filter(condition).order_by("address")[:limit]]


def record(
    address: str,
    *,
    name: str,
    certificate: bytes = b"",
    chain: Iterable[bytes] = (),
    rpps_number: str = "",
    profession: str = "",
    kind: str = "PER",
    source: str = "file",
) -> DirectoryEntry:
    """Record or replace a correspondent with one certificate (DER or PEM) for encryption and signature.

    Raises bridge.pki.errors.PkiError for a malformed certificate.
    """
    encoded = der(load_certificate(certificate)) if certificate else b""
    values = {
        "name": name,
        "id_type": "RPPS" if rpps_number else "",
        "id_value": rpps_number,
        "profession": profession,
        "kind": kind,
        "encryption_certificate": encoded,
        "signature_certificate": encoded,
        "chain": [base64.b64encode(member).decode() for member in chain],
        "source": source,
        "updated_at": timezone.now(),
    }
    return DirectoryEntry.objects.update_or_create(address=address.lower(), defaults=values)[0]


def _listing(row: DirectoryEntry) -> Listing:
    certificate = bytes(row.encryption_certificate) or None
    return Listing(
        address=row.address,
        name=row.name,
        rpps_number=row.id_value if row.id_type == "RPPS" else "",
        profession=row.profession,
        kind=row.kind,
        level="",
        internal=False,
        state=certificate_state(certificate, timezone.now()),
        encryption_certificate=certificate,
        signature_certificate=bytes(row.signature_certificate) or None,
        chain=tuple(base64.b64decode(member) for member in row.chain),
    )
