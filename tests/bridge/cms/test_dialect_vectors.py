"""What peers write and what forgers try: vectors that the page runs too (tests/js/cms), with one outcome for both."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bridge.cms.compressed import decompress
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError, DecryptionFailed, LimitExceeded, Malformed, UnsupportedAlgorithm
from bridge.cms.limits import check_asn1
from bridge.cms.password import unwrap_with_password
from bridge.cms.unwrapping import unwrap, unwrap_with_kek
from bridge.cms.verification import verify_signed
from bridge.pki.der_nodes import check_nodes
from bridge.pki.errors import CertificateMalformed

VECTORS = Path(__file__).parents[2] / "vectors"
REFUSALS = {
    "limit": LimitExceeded,
    "malformed": Malformed,
    "encoding": Malformed,
    "decryption-failed": DecryptionFailed,
    "unsupported-algorithm": UnsupportedAlgorithm,
}


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return found


def cases(name: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in load(name)["vectors"]]


def recipe_bytes(vector: dict[str, Any]) -> bytes:
    return b"".join(bytes.fromhex(octets) * times for octets, times in vector["recipe"])


@pytest.mark.negative(39)
@pytest.mark.parametrize("vector", cases("limits/limits.json"))
def test_limits(vector: dict[str, Any]) -> None:
    octets = recipe_bytes(vector)
    if vector["limits"] == "certificate":
        check_certificate(octets, vector["expect"])
    elif vector["expect"] == "ok":
        check_asn1(octets)
    else:
        with pytest.raises(REFUSALS[vector["expect"]]):
            check_asn1(octets)


def check_certificate(octets: bytes, expect: str) -> None:
    """One error for both refusals: a certificate is read or it is not."""
    if expect == "ok":
        check_nodes(octets, max_depth=32, max_nodes=2_000)
        return
    with pytest.raises(CertificateMalformed):
        check_nodes(octets, max_depth=32, max_nodes=2_000)


@pytest.mark.parametrize("vector", cases("signed/signed.json"))
def test_signed(vector: dict[str, Any]) -> None:
    cms = base64.b64decode(vector["cms"])
    if vector["expect"] == "ok":
        verify_signed(cms)
        return
    with pytest.raises(CmsError):
        verify_signed(cms)


@pytest.mark.parametrize("vector", cases("enveloped/enveloped.json"))
def test_enveloped(vector: dict[str, Any]) -> None:
    shared = load("enveloped/enveloped.json")
    if vector["expect"] == "ok":
        assert opened(vector, shared["keys"]) == base64.b64decode(shared["content"])
        return
    with pytest.raises(REFUSALS[vector["expect"]]):
        opened(vector, shared["keys"])


def opened(vector: dict[str, Any], keys: dict[str, str]) -> bytes:
    cms = base64.b64decode(vector["cms"])
    if vector.get("compressed"):
        return decompress(cms).content
    enveloped = parse_enveloped(cms)
    recipient, algorithm = enveloped.recipients[0].der, enveloped.content_algorithm.name
    if "password" in vector:
        return enveloped.decrypt(unwrap_with_password(recipient, vector["password"], content_algorithm=algorithm))
    if "kek" in vector:
        return enveloped.decrypt(unwrap_with_kek(recipient, base64.b64decode(vector["kek"])))
    key: Any = load_der_private_key(base64.b64decode(keys[vector["key"]]), None)
    return enveloped.decrypt(unwrap(recipient, key, content_algorithm=algorithm))
