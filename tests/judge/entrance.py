"""The verbs of the entrance: what the server checks at login, by the server's own libraries."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import webauthn
from questions import Questions, anchor_store, moment
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException

from bridge.pki.certificates import load_certificates
from bridge.pki.errors import PkiError
from bridge.pki.web_eid import verify_token


def token_verify(given: Mapping[str, Any]) -> dict[str, Any]:
    """`verify_token`, as `POST /auth/card` calls it."""
    try:
        validated = verify_token(
            given["token"],
            challenge=given["nonce"],
            origin=given["origin"],
            anchors=anchor_store(given["anchors"]),
            chain=[found for pem in given.get("certificates") or [] for found in load_certificates(pem.encode())],
            at=moment(given["at"]),
            crls=Questions(given).crls,
        )
    except PkiError as error:
        return {"ok": False, "error": error.code}
    return {"ok": True, "subject": validated.certificate.subject.rfc4514_string()}


def webauthn_verify(given: Mapping[str, Any]) -> dict[str, Any]:
    """A registration, or an assertion with the credential's `public_key` (COSE, base64url): user verification required.

    `options` are those the server gave (`challenge`, `rp.id` or `rpId`); `origin` defaults to https and that id.
    """
    options = given["options"]
    relying_party = options.get("rpId") or options["rp"]["id"]
    expected = {
        "credential": json.dumps(given["credential"]),
        "expected_challenge": base64url_to_bytes(options["challenge"]),
        "expected_rp_id": relying_party,
        "expected_origin": given.get("origin") or f"https://{relying_party}",
        "require_user_verification": True,
    }
    try:
        if "attestationObject" in given["credential"]["response"]:
            webauthn.verify_registration_response(**expected)
        else:
            webauthn.verify_authentication_response(
                **expected,
                credential_public_key=base64url_to_bytes(given["public_key"]),
                credential_current_sign_count=given.get("sign_count") or 0,
            )
    except (WebAuthnException, ValueError) as error:
        return {"ok": False, "error": f"passkey-refused: {type(error).__name__}"}
    return {"ok": True}


VERBS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "token-verify": token_verify,
    "webauthn-verify": webauthn_verify,
}
