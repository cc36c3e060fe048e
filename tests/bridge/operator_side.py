"""What the server does while an account is opened: certify both requests. For tests of the bridge alone."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.pki import certificates
from bridge.pki.issue import Authority, issue_mailbox_certificate, utc_now
from bridge.pki.requests import verify_request


@dataclass(frozen=True)
class Account:
    """What the server would keep of an opened account: everything `mailbox.open` wants but `unlock`."""

    sealed: dict[str, Any]
    handle: str
    mailbox_id: str

    def with_unlock(self, unlock: dict[str, Any]) -> dict[str, Any]:
        return {**self.sealed, "unlock": unlock}


def certify(pki: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The operator's answer to `certificate.request`, as `POST /open/certify` gives it."""
    authority = Authority.load(pki / "operator-ca")
    now = utc_now()
    dates = {"not_before": now - timedelta(minutes=5), "not_after": now + timedelta(days=365)}
    issued = [
        issue_mailbox_certificate(authority, verify_request(_bytes(request[member])), use=use, **dates)  # type: ignore[arg-type]
        for member, use in (("encryptionRequest", "encryption"), ("signatureRequest", "signature"))
    ]
    return {
        "encryptionCertificate": certificates.der(issued[0]),
        "signatureCertificate": certificates.der(issued[1]),
        "chain": [certificates.der(one) for one in (authority.certificate, *authority.chain)],
        "crls": [file.read_bytes() for file in sorted((pki / "crls").glob("*.crl"))],
    }


def open_account(page: Any, pki: Path, address: str, holder: dict[str, Any], **algorithms: str) -> Account:
    """Open an account through a page: request, certify, create."""
    wish = {"encryptionAlgorithm": "p-384", "signatureAlgorithm": "p-256", **algorithms}
    request = page.call("certificate.request", address=address, **wish)
    certified = certify(pki, request)
    mailbox_id = secrets.token_hex(16)
    created = page.call(
        "mailbox.create",
        handle=request["handle"],
        mailboxId=mailbox_id,
        address=address,
        holder=holder,
        **certified,
    )
    sealed = {
        "grant": _bytes(created["grant"]),
        "logEntries": [_bytes(created["logEntry"])],
        "bindings": [_bytes(created["binding"])],
        **certified,
    }
    return Account(sealed, request["handle"], mailbox_id)


def _bytes(text: str) -> bytes:
    import base64

    return base64.b64decode(text)
