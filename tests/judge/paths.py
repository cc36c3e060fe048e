"""`path-validate`: one x509-limbo test case in, one x509-limbo result out; the answer is `bridge.pki.path`'s.

Names of the kinds DNS and IP are compared by asn1crypto, for mail has none. Where a case brings CRLs, a path counts only if they were
asked and answered for. What we accept although the suite expects a refusal, and why, is in docs/adr/0010.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Extended

from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError
from bridge.pki.path import Requirements, RevocationMode, validate_chain

_EXTENDED = {
    "anyExtendedKeyUsage": Extended.ANY_EXTENDED_KEY_USAGE,
    "serverAuth": Extended.SERVER_AUTH,
    "clientAuth": Extended.CLIENT_AUTH,
    "codeSigning": Extended.CODE_SIGNING,
    "emailProtection": Extended.EMAIL_PROTECTION,
    "timeStamping": Extended.TIME_STAMPING,
    "OCSPSigning": Extended.OCSP_SIGNING,
}
_KEY_USAGES = {
    "digitalSignature": "digital_signature",
    "contentCommitment": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}


def path_validate(case: Mapping[str, Any]) -> dict[str, Any]:
    """SUCCESS, FAILURE with the reason, or SKIPPED for what a mail reader cannot be asked."""
    if case.get("signature_algorithms"):
        return _result(case, "SKIPPED", "signature algorithms cannot be restricted")
    try:
        _validate(case)
    except PkiError as error:
        return _result(case, "FAILURE", f"{error.code}: {error}")
    return _result(case, "SUCCESS", None)


def _validate(case: Mapping[str, Any]) -> None:
    crls = [x509.load_pem_x509_crl(pem.encode()).public_bytes(Encoding.DER) for pem in case.get("crls") or []]
    arguments: dict[str, Any] = {
        "chain": [load_certificate(pem.encode()) for pem in case.get("untrusted_intermediates") or []],
        "roots": [load_certificate(pem.encode()) for pem in case["trusted_certs"]],
        "at": _moment(case.get("validation_time")),
        "crls": crls,
        "revocation": RevocationMode.HARD if crls else RevocationMode.SOFT,
    }
    certificate = load_certificate(case["peer_certificate"].encode())
    validated = validate_chain(certificate, requirements=_requirements(case), **arguments)
    if crls and validated.revocation != "good":
        raise PkiError("the revocation lists at hand say nothing of this path")


def _requirements(case: Mapping[str, Any]) -> Requirements:
    asked = [case["expected_peer_name"]] if case.get("expected_peer_name") else case.get("expected_peer_names") or []
    usages = frozenset(_EXTENDED[name].dotted_string for name in case.get("extended_key_usage") or [])
    return Requirements(
        key_usages=frozenset(_KEY_USAGES[name] for name in case.get("key_usage") or []),
        extended_key_usages=usages | ({Extended.ANY_EXTENDED_KEY_USAGE.dotted_string} if usages else set()),
        issuer_usages=usages | ({Extended.ANY_EXTENDED_KEY_USAGE.dotted_string} if usages else set()),
        addresses=tuple(name["value"] for name in asked if name["kind"] == "RFC822"),
        hosts=tuple(name["value"] for name in asked if name["kind"] in ("DNS", "IP")),
        max_intermediates=case.get("max_chain_depth"),
    )


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.now(UTC)


def _result(case: Mapping[str, Any], result: str, context: str | None) -> dict[str, Any]:
    return {"id": case["id"], "actual_result": result, "context": context}
