"""What a lying operator can make by itself: a person without card, at somebody's address, with keys of its own."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.cms.binding import Binding
from bridge.cms.log import LogEntry, LogKind, build_entry
from bridge.cms.messages import Signer
from bridge.cms.signed import software_signer
from bridge.pki.certificates import der, spki_sha256
from bridge.pki.health_identity import Identity
from bridge.pki.issue import Authority, issue_mailbox_certificate
from bridge.pki.requests import build_request, verify_request


def forge_person(operator_ca: Path, address: str, name: str) -> dict[str, Any]:
    """The members of a directory entry: a genesis that is flawless at level passkey, and proves no person."""
    authority, now = Authority.load(operator_ca), datetime.now(UTC).replace(microsecond=0)
    keys = {"encryption": rsa.generate_private_key(65537, 3072), "signature": ec.generate_private_key(ec.SECP256R1())}
    encryption, signature = (
        issue_mailbox_certificate(
            authority,
            verify_request(build_request(key, address)),
            use=use,
            not_before=now - timedelta(days=1),
            not_after=now + timedelta(days=300),
        )
        for use, key in keys.items()
    )
    mailbox_id, end = secrets.token_bytes(16), now + timedelta(days=200)
    identity = Identity("passkey", "", "", name, "")
    spkis = (spki_sha256(encryption), spki_sha256(signature))
    binding = Binding(mailbox_id, address, 1, *spkis, now - timedelta(hours=1), end, identity)
    entry = LogEntry(mailbox_id, address, 0, bytes(32), now, LogKind.GENESIS, (), (binding.digest,))
    signer = Signer(signature, (authority.certificate,), software_signer(keys["signature"]))
    log_entry = build_entry(entry, signer, by_key_identifier=True)
    parts = {"encryptionCertificate": der(encryption), "signatureCertificate": der(signature)}
    parts |= {"binding": binding.to_der(), "logEntry": log_entry}
    encoded = {name: base64.b64encode(value).decode() for name, value in parts.items()}
    return encoded | {"level": "passkey", "name": name, "rppsNumber": None, "profession": ""}
