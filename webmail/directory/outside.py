"""Correspondents outside this server, as an administrator or an import recorded them."""

import base64
from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from webmail.directory.listing import Listing, certificate_state
from webmail.models import DirectoryEntry


def lookup(addresses: Iterable[str]) -> dict[str, Listing]:
    """Listings of the addresses (lower case) that are recorded."""
    rows = DirectoryEntry.objects.filter(address__in=set(addresses))
    return {row.address: _listing(row) for row in rows}


def query(text: str, limit: int) -> list[Listing]:
    """Entries whose address or number starts with the folded `text`, or whose name contains it."""
    condition = Q(address__startswith=text) | Q(folded_name__contains=text) | Q(id_value__startswith=text)
    return [_listing(row) for row in DirectoryEntry.objects.filter(condition).order_by("address")[:limit]]


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
