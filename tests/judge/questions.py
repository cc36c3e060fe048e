"""What the JavaScript modules ask while they answer a verb: keys, paths and signatures, all from `bridge`."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bridge.cms.errors import CmsError
from bridge.cms.signed import software_signer
from bridge.cms.unwrapping import unwrap
from bridge.pki.certificates import load_certificate, load_certificates
from bridge.pki.errors import PkiError
from bridge.pki.health_identity import identity_of
from bridge.pki.path import Anchor, AnchorPurpose, AnchorStore, Purpose, ValidatedCertificate, validate_path

_SPEAKS_FOR = {
    Purpose.CARD_SIGNATURE: {AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_AUTHENTICATION: {AnchorPurpose.HEALTH_CARD},
    Purpose.MESSAGE_SIGNATURE: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL},
    Purpose.ENCRYPT: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL},
}


def moment(text: str) -> datetime:
    """RFC 3339; without an offset, UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def anchor_store(pems: list[str], purpose: Purpose) -> AnchorStore:
    """The judge names its anchors without purposes: each may speak for whatever is asked."""
    purposes = frozenset(_SPEAKS_FOR[purpose])
    return AnchorStore([Anchor(found, purposes) for pem in pems for found in load_certificates(pem.encode())])


class Questions:
    """Answers for one verb's input."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.crls = [base64.b64decode(crl) for crl in given.get("crls") or []]

    def answer(self, question: str, details: Mapping[str, Any]) -> Any:
        questions: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "unwrap": self.unwrap,
            "validate": self.validate,
            "sign": self.sign,
        }
        return questions[question](details)

    def unwrap(self, details: Mapping[str, Any]) -> dict[str, str | None]:
        private_key = load_pem_private_key(self.given["keys"][details["key"]]["private_key"].encode(), None)
        recipient_info = base64.b64decode(details["recipientInfo"])
        for label in (None, "pli-message", "pli-summary"):
            try:
                cek = unwrap(recipient_info, private_key, content_algorithm=details["contentAlgorithm"], label=label)
            except CmsError:
                continue
            return {"cek": base64.b64encode(cek).decode()}
        return {"cek": None}

    def validate(self, details: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._verdict(item) for item in details["items"]]

    def _verdict(self, item: Mapping[str, Any]) -> dict[str, Any]:
        purpose = Purpose(item["purpose"])
        try:
            validated = validate_path(
                load_certificate(base64.b64decode(item["certificate"])),
                chain=[load_certificate(base64.b64decode(der)) for der in item["chain"]],
                anchors=anchor_store(self.given.get("anchors") or [], purpose),
                purpose=purpose,
                at=moment(item.get("at") or self.given["at"]),
                crls=self.crls,
            )
            return _accepted(validated)
        except PkiError as error:
            return {"ok": False, "error": error.code, "reason": error.code}

    def sign(self, details: Mapping[str, Any]) -> dict[str, str]:
        private_key = load_pem_private_key(self.given["private_key"].encode(), None)
        signature = software_signer(private_key)(base64.b64decode(details["tbs"]))
        return {"signature": base64.b64encode(signature).decode()}


def _accepted(validated: ValidatedCertificate) -> dict[str, Any]:
    identity = identity_of(validated)
    return {
        "ok": True,
        "authority": validated.authority,
        "revocation": validated.revocation,
        "identity": {
            "level": identity.level,
            "idType": identity.id_type,
            "idValue": identity.id_value,
            "name": identity.name,
            "profession": identity.profession,
        },
    }
