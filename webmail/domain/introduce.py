"""Introduce a correspondent of another operator: an address and the certificate to write to."""

import base64
from collections.abc import Sequence

from cryptography import x509
from django.utils import timezone

from bridge.pki import certificates
from bridge.pki.errors import RequestRefused
from webmail.models import DirectoryEntry


def introduce_correspondent(
    address: str, name: str, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
) -> DirectoryEntry:
    """Put an outside correspondent into the directory; the sender's bridge validates the certificate, not the server.

    Raises RequestRefused where the certificate names another address, or none.
    """
    address = address.lower()
    if address not in certificates.emails(certificate):
        raise RequestRefused("This certificate is not for this address.")
    entry, _ = DirectoryEntry.objects.update_or_create(
        address=address,
        defaults={
            "name": name,
            "encryption_certificate": certificates.der(certificate),
            "signature_certificate": certificates.der(certificate),
            "chain": [base64.b64encode(certificates.der(member)).decode("ascii") for member in chain],
            "source": "file",
            "updated_at": timezone.now(),
        },
    )
    return entry
