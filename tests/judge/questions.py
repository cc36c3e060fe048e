"""What the JavaScript modules ask while they answer a verb: keys, paths and signatures, all from `bridge`."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bridge.cms.errors import CmsError
from bridge.cms.signed import software_signer
from bridge.cms.unwrapping import unwrap
from bridge.origins import Origins
from bridge.pki.anchors import Anchor, AnchorPurpose, AnchorStore
from bridge.pki.certificates import load_certificates
from bridge.policy import Policy, PromptSetting
from bridge.validation import validate_item


def moment(text: str) -> datetime:
    """RFC 3339; without an offset, UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def anchor_store(pems: list[str]) -> AnchorStore:
    """The judge names its anchors without purposes: each may speak for whatever is asked."""
    purposes = frozenset(AnchorPurpose)
    return AnchorStore([Anchor(found, purposes) for pem in pems for found in load_certificates(pem.encode())])


def _policy(anchors: list[str]) -> Policy:
    return Policy(
        origins=Origins([]),
        operator_domains=frozenset(),
        anchors=anchor_store(anchors),
        modules=(),
        software_cards=None,
        prompt=PromptSetting(),
        state=Path(),
    )


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
        decoded = {
            "certificate": base64.b64decode(item["certificate"]),
            "chain": [base64.b64decode(der) for der in item["chain"]],
            "purpose": item["purpose"],
            "at": moment(item.get("at") or self.given["at"]),
        }
        verdict = validate_item(_policy(self.given.get("anchors") or []), decoded, self.crls)
        return {name: value for name, value in verdict.items() if not isinstance(value, bytes)}

    def sign(self, details: Mapping[str, Any]) -> dict[str, str]:
        private_key = load_pem_private_key(self.given["private_key"].encode(), None)
        signature = software_signer(private_key)(base64.b64decode(details["tbs"]))
        return {"signature": base64.b64encode(signature).decode()}
