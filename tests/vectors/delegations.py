"""The vectors of delegation/: Denis replaces Alice, and everything by which he might not."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.cms.delegation import Delegation
from bridge.cms.grants import GrantBody, Holder, HolderKind, Role
from bridge.cms.log import LogKind, build_entry
from bridge.pki.certificates import certificate_sha256
from bridge.pki.health_identity import Identity
from bridge.protocol import rfc3339
from bridge.validation import describe_identity
from tests.vectors.cast import ADDRESS, ALICE, DENIS, NOW, Cast, Holding, rsa_key
from tests.vectors.writing import b64, flip_last


def delegation_vectors(cast: Cast) -> dict[str, Any]:
    """Denis replaces Alice: her card's entry lists a grant to his card, and he signs for her address."""
    body = delegate_body(cast)
    elsewhere = Identity("card", "RPPS", "99900000033", "Chloé Petit", "Médecin")

    def made(body: GrantBody, signer: Any = cast.card.signer, **entry: Any) -> bytes:
        logged = replace(cast.genesis(body, cast.binding()), seq=1, prev_hash=body.prev_log_hash, kind=LogKind.GRANT)
        listed = replace(logged, **{"grants": (bytes(32), body.digest), "bindings": (), **entry})
        return Delegation(build_entry(listed, signer), body.to_der()).to_der()

    def holder(**changes: Any) -> bytes:
        return made(replace(body, holder=replace(body.holder, **changes)))

    good = made(body)
    foreign_body = Delegation(Delegation.from_der(good).log_entry, replace(body, role=Role.OWNER).to_der()).to_der()
    other_card = {"idType": "RPPS", "idValue": elsewhere.id_value}
    cases: list[tuple[str, bytes, dict[str, Any], str]] = [
        ("a sender, in his dates", good, {}, "ok"),
        ("a manager, without end", made(replace(body, role=Role.MANAGER, not_after=None)), {}, "ok"),
        ("address in other case", good, {"address": "Alice@PLI.example"}, "ok"),
        ("at the last second", good, {"signingTime": rfc3339(body.not_after or NOW)}, "ok"),
        ("From is another address", good, {"address": "bob@pli.example"}, "address-mismatch"),
        ("the entry does not list the body", made(body, grants=(bytes(32),)), {}, "grant-not-listed"),
        ("another body than the one listed", foreign_body, {}, "grant-not-listed"),
        ("the entry is of another mailbox", made(body, mailbox_id=bytes(16)), {}, "mailbox-mismatch"),
        ("the entry is of another place in the log", made(body, seq=2), {}, "mailbox-mismatch"),
        ("signed by another card", good, {"card": other_card}, "holder-mismatch"),
        ("signed by a card without identifier", good, {"card": {"idType": "", "idValue": ""}}, "holder-mismatch"),
        ("the grant is a passkey's", holder(kind=HolderKind.PASSKEY), {}, "holder-mismatch"),
        ("a grant without identifier", holder(id_type="", id_value=""), {"card": {"idType": "", "idValue": ""}}, "holder-mismatch"),
        ("the number is that of another register", holder(id_type="FINESS"), {}, "holder-mismatch"),
        ("a reader", made(replace(body, role=Role.READER)), {}, "role"),
        ("a second too early", good, {"signingTime": rfc3339(body.not_before - timedelta(seconds=1))}, "outside-dates"),
        ("a second too late", good, {"signingTime": rfc3339((body.not_after or NOW) + timedelta(seconds=1))}, "outside-dates"),
        ("the mailbox key of another epoch", good, {"signatureSpki": b64(bytes(32))}, "key-mismatch"),
        ("granted by somebody else than the directory names", good, {"granter": other_card}, "granter-mismatch"),
        ("granted by himself", made(body, cast.outsider.signer), {}, "granter-mismatch"),
        ("granted by the mailbox key alone", made(body, cast.signature.signer), {}, "granter-mismatch"),
        ("granted by a stranger", made(body, Holding.new(rsa_key(), "Mallory").signer), {}, "signature"),
        ("the entry altered", Delegation(flip_last(Delegation.from_der(good).log_entry), body.to_der()).to_der(), {}, "signature"),
        ("another version", good.replace(b"\2\1\1", b"\2\1\2", 1), {}, "malformed"),
        ("bytes after the end", good + b"\0", {}, "malformed"),
        ("a body that is none", Delegation(Delegation.from_der(good).log_entry, b"\x30\0").to_der(), {}, "malformed"),
    ]  # fmt: skip
    asked = {
        "address": ADDRESS,
        "signingTime": rfc3339(NOW + timedelta(days=1)),
        "signatureSpki": b64(body.signature_spki),
        "card": {"idType": DENIS.id_type, "idValue": DENIS.id_value},
        "granter": {"idType": ALICE.id_type, "idValue": ALICE.id_value},
    }
    return {
        "signers": [
            {"certificate": b64(certificate_sha256(one.certificate)), "identity": describe_identity(identity)}
            for one, identity in (
                (cast.card, ALICE),
                (cast.outsider, DENIS),
                (cast.signature, replace(ALICE, level="passkey")),
            )
        ],
        "vectors": [
            asked | change | {"name": name, "delegation": b64(der), "expect": expect}
            for name, der, change, expect in cases
        ],
    }


def delegate_body(cast: Cast) -> GrantBody:
    """Denis may send for Alice, for a week."""
    reference = certificate_sha256(cast.outsider.certificate)
    return cast.body(
        holder=Holder(HolderKind.CARD, reference, DENIS.id_type, DENIS.id_value, DENIS.name),
        role=Role.SENDER,
        not_after=NOW + timedelta(days=7),
        log_seq=1,
        prev_log_hash=hashlib.sha256(b"the genesis").digest(),
    )
