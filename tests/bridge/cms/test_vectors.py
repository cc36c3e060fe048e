"""Every vector of tests/vectors that this package decides; node runs the same files."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bridge.cms import shamir
from bridge.cms.acts import check_genesis
from bridge.cms.delegation import Asked, verify_delegation
from bridge.cms.errors import CmsError, CodeRefused, ShareRefused
from bridge.cms.grants import (
    Grant,
    GrantBody,
    HolderKind,
    open_grant,
    open_grant_with_key,
    open_grant_with_prf,
    open_grant_with_secret,
    parse_grant,
)
from bridge.cms.history import open_keyring
from bridge.cms.holder_keys import derive_holder_key, derive_login_key
from bridge.cms.log import LogHead, verify_chain, verify_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.membership import replay
from bridge.cms.objects import derive_object_key, open_object
from bridge.cms.recovery import Share, combine_shares
from bridge.cms.recovery_code import format_code, parse_code
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.cms.restore import Seen, check_restore, verify_restore
from bridge.cms.seal import open_seal
from bridge.pki.certificates import certificate_sha256, emails, load_certificate, spki
from bridge.pki.errors import CertificateUntrusted
from bridge.pki.health_identity import Identity
from tests.vectors.cast import ADDRESS
from tests.vectors.memberships import described

if TYPE_CHECKING:
    from bridge.cms.statements import ValidateSigner

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return found


def cases(name: str) -> list[Any]:
    return [pytest.param(load(name), vector, id=vector["name"]) for vector in load(name)["vectors"]]


def raw(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


@contextmanager
def expecting(vector: dict[str, Any]) -> Iterator[None]:
    """The block ends as the vector says: `ok`, or an error with that reason or code."""
    found = "ok"
    try:
        yield
    except CmsError as error:
        found = getattr(error, "reason", error.code)
    assert found == vector["expect"]


def open_vector(vector: dict[str, Any]) -> tuple[Grant, MailboxKeys]:
    grant = parse_grant(raw(vector["grant"]))
    passkey = vector["unlock"].get("passkey")
    if passkey:
        return grant, open_grant_with_prf(grant, raw(passkey["credentialId"]), raw(passkey["prf"]))
    secret = vector["unlock"].get("secret")
    if secret:
        return grant, open_grant_with_secret(grant, HolderKind(secret["kind"]), raw(secret["value"]))
    key: Any = load_der_private_key(raw(vector["unlock"]["card"]["privateKey"]), None)
    return grant, open_grant_with_key(grant, key)


@pytest.mark.parametrize(("file", "vector"), [*cases("grants/grants.json"), *cases("grants/holder-keys.json")])
def test_grant(file: dict[str, Any], vector: dict[str, Any]) -> None:
    with expecting(vector):
        grant, keys = open_vector(vector)
        assert keys.storage_key == raw(vector["storageKey"])
        assert grant.body_hash == raw(vector["bodyHash"])
        if "contentKey" in vector:
            assert open_grant(grant, raw(vector["contentKey"])).storage_key == keys.storage_key


@pytest.mark.parametrize(("file", "vector"), cases("history/history.json"))
def test_history(file: dict[str, Any], vector: dict[str, Any]) -> None:
    spkis = {int(epoch): (raw(pair[0]), raw(pair[1])) for epoch, pair in file["spkis"].items()}
    history = vector["history"] and raw(vector["history"])
    with expecting(vector):
        keys = MailboxKeys.from_der(raw(vector["keys"]))
        ring = open_keyring(GrantBody.from_der(raw(vector["body"])), keys, history, spkis)
        opened = {str(epoch): one for epoch, one in ring.epochs.items()}
        assert {epoch: one.storage_key for epoch, one in opened.items()} == decoded(vector["storageKeys"])
        confidential = {epoch: one.confidential_key for epoch, one in opened.items() if one.confidential_key}
        assert confidential == decoded(vector["confidentialKeys"])


@pytest.mark.parametrize(("_file", "vector"), cases("recovery/codes.json"))
def test_recovery_code(_file: dict[str, Any], vector: dict[str, Any]) -> None:
    group = None
    with expecting(vector):
        try:
            secret = parse_code(vector["text"])
        except CodeRefused as error:
            group = error.group
            raise
        assert secret == raw(vector["secret"])
        assert format_code(secret) == vector["code"]
    assert group == vector.get("group")


@pytest.mark.parametrize(("_file", "vector"), cases("recovery/shares.json"))
def test_shares(_file: dict[str, Any], vector: dict[str, Any]) -> None:
    index = None
    with expecting(vector):
        policy = RecoveryPolicy.from_der(raw(vector["policy"]))
        try:
            secret = combine_shares(policy, [Share.from_der(raw(one)) for one in vector["shares"]])
        except ShareRefused as error:
            index = error.index
            raise
        assert secret == raw(vector["secret"])
    assert index == vector.get("index")


@pytest.mark.parametrize(("file", "vector"), cases("recovery/keys.json"))
def test_derived_key(file: dict[str, Any], vector: dict[str, Any]) -> None:
    secret, mailbox_id = raw(vector["secret"]), bytes.fromhex(file["mailboxId"])
    is_login = vector["kind"] == "login"
    key = derive_login_key(secret) if is_login else derive_holder_key(secret, mailbox_id, vector["kind"])
    assert spki(key.public_key()) == raw(vector["publicKey"])


@pytest.mark.parametrize(("_file", "vector"), cases("recovery/field.json"))
def test_field(_file: dict[str, Any], vector: dict[str, Any]) -> None:
    shares = {int(index): raw(value) for index, value in vector["shares"].items()}
    assert shamir.combine(shares) == raw(vector["secret"])


def decoded(values: dict[str, str]) -> dict[str, bytes]:
    return {name: raw(value) for name, value in values.items()}


def identity_in(file: dict[str, Any]) -> Identity:
    one = file.get("identity", dict.fromkeys(("idType", "idValue", "name", "profession"), "") | {"level": "card"})
    return Identity(one["level"], one["idType"], one["idValue"], one["name"], one["profession"])


class Accept:
    """Accepts the file's signers, and mailbox certificates as nobody in particular."""

    def __init__(self, file: dict[str, Any]) -> None:
        self.hashes = [raw(one) for one in file["acceptedSigners"]]
        self.identity = identity_in(file)

    def __call__(self, certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: object) -> Identity:
        if certificate_sha256(certificate) in self.hashes:
            return self.identity
        if emails(certificate):
            return Identity("software", "", "", "", "")
        raise CertificateUntrusted


@pytest.mark.parametrize(("file", "vector"), cases("log/chain.json"))
def test_chain(file: dict[str, Any], vector: dict[str, Any]) -> None:
    last = vector["last"] and LogHead(vector["last"]["seq"], raw(vector["last"]["hash"]))
    with expecting(vector):
        entries = [verify_entry(raw(one), validate_signer=Accept(file)) for one in vector["entries"]]
        assert verify_chain(entries, last) == LogHead(vector["head"]["seq"], raw(vector["head"]["hash"]))


@pytest.mark.capability("CO12", "CO13")
@pytest.mark.parametrize(("file", "vector"), cases("log/genesis.json"))
def test_genesis(file: dict[str, Any], vector: dict[str, Any]) -> None:
    certificates = [load_certificate(raw(file[name])) for name in ("encryptionCertificate", "signatureCertificate")]
    parts = [raw(vector[name]) for name in ("logEntry", "binding", "grant")]
    with expecting(vector):
        facts = check_genesis(parts[0], parts[1], parts[2], certificates[0], certificates[1], Accept(file))
        assert facts.identity.id_value == file["identity"]["idValue"]


@pytest.mark.parametrize(("file", "vector"), cases("membership/membership.json"))
def test_membership(file: dict[str, Any], vector: dict[str, Any]) -> None:
    with expecting(vector):
        entries = [
            verify_entry(raw(file["entries"][one]), validate_signer=signers_of(file)) for one in vector["entries"]
        ]
        named = [[raw(file[kind][one]) for one in vector[kind]] for kind in ("bodies", "bindings")]
        at = datetime.fromisoformat(vector["at"])
        found = described(replay(entries, *named), at)
        assert found == {name: vector[name] for name in found}


@pytest.mark.parametrize(("file", "vector"), cases("restore/restore.json"))
def test_restore(file: dict[str, Any], vector: dict[str, Any]) -> None:
    entries = [verify_entry(raw(file["entries"][one]), validate_signer=Accept(file)) for one in vector["entries"]]
    seen = Seen(*(vector[name] and datetime.fromisoformat(vector[name]) for name in ("restored", "time")))
    with expecting(vector):
        stated = verify_restore(raw(vector["statement"]), {raw(one) for one in file["authorities"]})
        mailbox_id, now = bytes.fromhex(file["mailboxId"]), datetime.fromisoformat(vector["now"])
        assert check_restore(stated, mailbox_id, entries, seen, now).entry.seq == file["stated"]["seq"]
        assert stated.time == datetime.fromisoformat(file["stated"]["time"])


def signers_of(file: dict[str, Any]) -> "ValidateSigner":
    """Those whose certificate stands in `signers` are who stands there; nobody else is anybody."""
    signers = {raw(one["certificate"]): identity_in(one) for one in file["signers"]}

    def validate(certificate: x509.Certificate, _chain: object, _at: object) -> Identity:
        if certificate_sha256(certificate) not in signers:
            raise CertificateUntrusted
        return signers[certificate_sha256(certificate)]

    return validate


@pytest.mark.parametrize(("file", "vector"), cases("delegation/delegation.json"))
def test_delegation(file: dict[str, Any], vector: dict[str, Any]) -> None:
    asked = Asked(
        address=vector["address"],
        signing_time=datetime.fromisoformat(vector["signingTime"]),
        signature_spki=raw(vector["signatureSpki"]),
        card=named(vector["card"]),
        granter=named(vector["granter"]),
    )
    with expecting(vector):
        assert (
            verify_delegation(raw(vector["delegation"]), asked, validate_signer=signers_of(file)).body.address
            == ADDRESS
        )


def named(one: dict[str, str]) -> Identity:
    return Identity("card", one["idType"], one["idValue"], "", "")


@pytest.mark.parametrize(("file", "vector"), cases("seals/seals.json"))
def test_seal(file: dict[str, Any], vector: dict[str, Any]) -> None:
    key: Any = load_der_private_key(raw(file["keys"][vector["key"]]["privateKey"]), None)
    with expecting(vector):
        assert open_seal(raw(vector["seal"]), key, vector["label"]) == raw(vector["content"])


@pytest.mark.parametrize(("file", "vector"), cases("objects/objects.json"))
def test_object(file: dict[str, Any], vector: dict[str, Any]) -> None:
    key = derive_object_key(raw(file["storageKey"]), vector["class"], vector["objectId"])
    if "key" in vector:
        assert raw(vector["key"]) == key
    with expecting(vector):
        content = open_object(
            raw(vector["sealed"]),
            key,
            object_class=vector["class"],
            mailbox_id=bytes.fromhex(vector["mailboxId"]),
            object_id=vector["objectId"],
            epoch=vector["epoch"],
            version=vector["version"],
            seen_version=vector["seenVersion"],
        )
        assert content == raw(vector["content"])
