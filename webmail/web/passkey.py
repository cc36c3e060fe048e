"""Login and enrolment by passkey (WebAuthn level 3 with the `prf` extension).

User verification is required in both ceremonies, and the relying party id is the page's host, exactly. The PRF value is
the page's secret: it is never sent here.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

import webauthn
from django.conf import settings
from django.http import HttpRequest
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webmail.domain import authenticate, tenant_rules
from webmail.domain.authenticate import Enrolment, Passkey
from webmail.domain.caller import Caller
from webmail.domain.errors import LoginRefused, OpeningRefused
from webmail.domain.open_account import suggested_address
from webmail.models import Credential, Person
from webmail.schema import Members, Optional, Record, anything, mapping, nullable, one_of, text
from webmail.web import login_session
from webmail.web.errors import WebError
from webmail.web.json_views import Answer, json_route
from webmail.web.origin import origin_of, relying_party_of
from webmail.web.rate import limit

ASSERTION, ATTESTATION = "passkey-login", "passkey-register"
PENDING = "passkey"
# Whatever the library makes of a stranger's CBOR: fuzzing it gave KeyError beside its own errors.
MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError)
base64url = text(64_000, r"[A-Za-z0-9_-]*")
_RESPONSE: Members = {"clientDataJSON": base64url}
_CREDENTIAL: Members = {
    "id": base64url,
    "rawId": base64url,
    "type": one_of("public-key"),
    "authenticatorAttachment": Optional(nullable(text(32))),
    "clientExtensionResults": Optional(mapping(text(64), anything, 16), {}),
}
ASSERTION_JSON = Record(
    _CREDENTIAL
    | {
        "response": Record(
            _RESPONSE
            | {"authenticatorData": base64url, "signature": base64url, "userHandle": Optional(nullable(base64url))}
        )
    }
)
ATTESTATION_JSON = Record(
    _CREDENTIAL
    | {
        "response": Record(
            _RESPONSE
            | {
                "attestationObject": base64url,
                "authenticatorData": Optional(nullable(base64url)),
                "publicKey": Optional(nullable(base64url)),
                "publicKeyAlgorithm": Optional(anything),
                "transports": Optional(anything),
            }
        )
    }
)
WANTED = Record({"name": text(200, r"\S[\s\S]*"), "address": text(254)})


def prf_salt() -> bytes:
    """The PRF input of new passkeys: one per installation, since at login the server does not yet know whose passkey
    will answer. PRF outputs differ by credential all the same; each credential remembers the salt it was made with.
    """
    return hmac.new(settings.SECRET_KEY.encode(), b"pli/v1/prf-salt", hashlib.sha256).digest()


@json_route(Record({}))
def login_options(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/passkey/options`. Someone already logged in is asked for a passkey of his own, with its own salt."""
    del body
    limit(request, "passkey-options", per_session=30, per_address=240)
    own = _own_passkeys(request)
    options = webauthn.generate_authentication_options(
        rp_id=relying_party_of(origin_of(request)),
        challenge=_challenge(request, ASSERTION, {}),
        allow_credentials=[PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in own],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    salts: dict[str, Any] = {"eval": _salt(prf_salt())}
    if own:
        salts["evalByCredential"] = {
            bytes_to_base64url(bytes(row.credential_id)): _salt(bytes(row.prf_salt)) for row in own
        }
    return {**json.loads(webauthn.options_to_json(options)), "extensions": {"prf": salts}}


@json_route(ASSERTION_JSON)
def login(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/passkey`: the assertion, checked against this session's challenge and this page's origin."""
    limit(request, "passkey", per_session=10, per_address=120)
    challenge, _ = _spent(request, ASSERTION)
    origin = origin_of(request)
    try:
        credential = authenticate.passkey_of(base64url_to_bytes(body["rawId"]))
        verified = webauthn.verify_authentication_response(
            credential=body,
            expected_challenge=challenge,
            expected_rp_id=relying_party_of(origin),
            expected_origin=origin,
            credential_public_key=bytes(credential.public_key),
            credential_current_sign_count=0,  # passkey_used decides about the counter
            require_user_verification=True,
        )
        person = authenticate.passkey_used(credential, verified.new_sign_count)
        authenticate.require_open_way(person, credential.kind)
    except LoginRefused as error:
        raise WebError(error.code, 403) from error
    except MALFORMED as error:
        raise WebError("passkey-refused", 403) from error
    login_session.open_for(request, person, credential.reference)
    return {"status": "ok", "next": "/mail/"}


@json_route(WANTED)
def register_options(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/passkey/register/options`: for someone without a card who opens an account, or who is logged in and adds one."""
    limit(request, "passkey-register", per_session=10, per_address=60)
    if not login_session.is_open(request):
        _require_allowed(body["address"])
    challenge = _challenge(request, ATTESTATION, {"name": body["name"].strip(), "address": body["address"]})
    own = _own_passkeys(request)
    options = webauthn.generate_registration_options(
        rp_id=relying_party_of(origin_of(request)),
        rp_name="Pli",
        user_name=body["address"] or body["name"],
        user_display_name=body["name"],
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in own],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return {**json.loads(webauthn.options_to_json(options)), "extensions": {"prf": {"eval": _salt(prf_salt())}}}


def _require_allowed(address: str) -> None:
    """Told before a passkey is made that could open nothing."""
    try:
        tenant_rules.require_passkey_allowed(tenant_rules.of_address(address))
    except OpeningRefused as error:
        raise WebError(error.code, 403) from error


@json_route(ATTESTATION_JSON)
def register(request: HttpRequest, body: Answer) -> Answer:
    """`POST /auth/passkey/register`: the session is then enrolling, and the account itself is opened at /open/; whoever is logged
    in has one more passkey, which opens nothing before a grant is made for it.
    """
    challenge, wanted = _spent(request, ATTESTATION)
    origin = origin_of(request)
    if body["clientExtensionResults"].get("prf", {"enabled": True}) == {"enabled": False}:
        raise WebError("prf-missing")
    try:
        verified = webauthn.verify_registration_response(
            credential=body,
            expected_challenge=challenge,
            expected_rp_id=relying_party_of(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    except MALFORMED as error:
        raise WebError("passkey-refused", 403) from error
    passkey = Passkey(verified.credential_id, verified.credential_public_key, prf_salt(), verified.sign_count)
    if login_session.is_open(request):
        return _added(login_session.caller_of_request(request), passkey, wanted["name"])
    enrolment = Enrolment(level="passkey", id_type="", id_value="", name=wanted["name"], profession="", passkey=passkey)
    login_session.begin_enrolment(request, enrolment)
    return {"status": "enrolling", "suggestedAddress": wanted["address"] or suggested_address(enrolment)}


def _added(caller: Caller, passkey: Passkey, name: str) -> Answer:
    caller.require_fresh_proof()
    person = Person.objects.get(id=caller.person_id)
    try:
        authenticate.require_passkey_wanted(person)
    except LoginRefused as error:
        raise WebError(error.code, 403) from error
    credential = authenticate.add_passkey(person, passkey, name)
    authenticate.note_added(caller)
    return {"status": "added", "id": credential.id}


def _challenge(request: HttpRequest, purpose: str, wanted: dict[str, str]) -> bytes:
    issued = authenticate.issue_challenge(login_session.key_of(request), purpose)
    request.session[PENDING] = {"purpose": purpose, "challenge": issued, "wanted": wanted}
    return base64.b64decode(issued)


def _spent(request: HttpRequest, purpose: str) -> tuple[bytes, dict[str, str]]:
    """The challenge of this session and ceremony, used up before anything is verified."""
    pending = request.session.pop(PENDING, None)
    if pending is None or pending["purpose"] != purpose:
        raise WebError("challenge-expired", 403)
    try:
        authenticate.spend_challenge(login_session.key_of(request), pending["challenge"], purpose)
    except LoginRefused as error:
        raise WebError(error.code, 403) from error
    return base64.b64decode(pending["challenge"]), pending["wanted"]


def _own_passkeys(request: HttpRequest) -> list[Credential]:
    if not login_session.is_open(request):
        return []
    person_id = login_session.caller_of_request(request).person_id
    return list(Credential.objects.filter(person_id=person_id, kind=Credential.Kind.PASSKEY, retired_at=None))


def _salt(value: bytes) -> dict[str, str]:
    return {"first": bytes_to_base64url(value)}
