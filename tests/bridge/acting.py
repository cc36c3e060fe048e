"""What tests of acts ask of a bridge through a page. Plain functions, no fixtures."""

import base64
from typing import Any

import pytest

from bridge.cms.enveloped import Enveloped, build_enveloped, parse_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.seal import seal
from bridge.pki.certificates import load_certificate
from tests.bridge.log_keeper import LogKeeper
from tests.bridge.running import BridgeError, Page, RunningBridge


def refused(page: Page, method: str, **params: Any) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        page.call(method, 60, **params)
    return error.value


def make(page: Page, kept: LogKeeper, grants: list[dict[str, Any]], card: str, **more: Any) -> dict[str, Any]:
    params = {"kind": "grant", "evidence": kept.evidence(), "handle": kept.handle, "card": card, **more}
    answer: dict[str, Any] = page.call("grant.make", 60, grants=grants, **params)
    return answer


def confirmations(bridge: RunningBridge) -> list[str]:
    return [prompt["description"] for prompt in bridge.prompts("confirm")]


def wrapped(enveloped: Enveloped, epoch: int) -> dict[str, Any]:
    """An item of `key.unwrap`: the content key of `enveloped`, for its first recipient."""
    return {
        "recipientInfo": enveloped.recipients[0].der,
        "contentAlgorithm": enveloped.content_algorithm.oid,
        "epoch": epoch,
    }


def encrypted_and_sealed(certificate: bytes, epoch: int) -> list[dict[str, Any]]:
    """What opening one S/MIME message asks for: the key of the seal, and of the layer that its sender encrypted inside."""
    reader = load_certificate(certificate)
    inside = build_enveloped(b"content", [CertificateRecipient(reader)], content_algorithm="aes-256-cbc")
    return [wrapped(parse_enveloped(der), epoch) for der in (seal(inside, reader, "pli-message"), inside)]


def read(page: Page, handle: str, certificate: bytes, epoch: int) -> bool:
    """Whether the handle opens a message sealed to the mailbox in that epoch."""
    enveloped = parse_enveloped(seal(b"content", load_certificate(certificate), "pli-message"))
    item = wrapped(enveloped, epoch)
    answer = page.call("key.unwrap", handle=handle, items=[item], **{"class": "message"})
    try:
        return bool(enveloped.decrypt(base64.b64decode(answer["items"][0]["cek"])) == b"content")
    except Exception:  # noqa: BLE001 (whatever the reason, it did not open)
        return False
