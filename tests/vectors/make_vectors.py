"""Make the vectors of grants/, log/, membership/, history/, recovery/, restore/, delegation/, seals/ and objects/ afresh: `python -m tests.vectors.make_vectors [NAME]`.

Everything random is drawn anew, so the bytes change with each run and the outcomes do not.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.cms import ber
from bridge.cms.grants import CardRecipient, HolderKind, PasskeyRecipient, build_grant, parse_grant
from bridge.cms.log import LogEntry, build_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.objects import derive_object_key, seal_object
from bridge.cms.seal import seal
from bridge.cms.unwrapping import unwrap
from bridge.cms.verification import verify_signed
from bridge.pki.certificates import der
from bridge.pki.health_identity import Identity
from bridge.validation import describe_identity
from tests.vectors.cast import ALICE, CREDENTIAL_ID, PRF, Cast, Holding, rsa_key
from tests.vectors.delegations import delegation_vectors
from tests.vectors.histories import history_vectors
from tests.vectors.memberships import membership_vectors
from tests.vectors.recoveries import code_vectors, field_vectors, key_vectors, share_vectors
from tests.vectors.registers import fresh_keys
from tests.vectors.restores import restore_vectors
from tests.vectors.writing import b64, flip_last, pkcs8

HERE = Path(__file__).parent


def write(name: str, content: dict[str, Any]) -> None:
    (HERE / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def with_body(grant: bytes, body: bytes) -> bytes:
    """The sealed part of `grant` under another body."""
    sealed = list(ber.children(grant, ber.read(grant)))[1]
    return ber.encode(ber.SEQUENCE, body, ber.raw(grant, sealed))


def grant_vectors(cast: Cast) -> dict[str, Any]:
    card = {"card": {"certificate": b64(der(cast.card.certificate)), "privateKey": pkcs8(cast.card)}}
    passkey = {"passkey": {"credentialId": b64(CREDENTIAL_ID), "prf": b64(PRF)}}
    body, passkey_body = cast.body(), cast.passkey_body()
    v15 = build_grant(body, cast.keys, CardRecipient(cast.card.certificate))
    prf = build_grant(passkey_body, cast.keys, PasskeyRecipient(CREDENTIAL_ID, PRF))
    foreign = MailboxKeys(rsa_key(3072), cast.signature.key, cast.storage_key)
    elsewhere = replace(body, mailbox_id=os.urandom(16))
    cases: list[tuple[str, bytes, dict[str, Any], str]] = [
        ("card, RSAES-PKCS1-v1_5", v15, card, "ok"),
        *(
            (
                f"card, RSAES-OAEP {name}",
                build_grant(body, cast.keys, CardRecipient(cast.card.certificate, algorithm)),
                card,
                "ok",
            )
            for name, algorithm in (("SHA-256", "rsa-oaep-sha256"), ("SHA-1", "rsa-oaep-sha1"))
        ),
        ("passkey, PRF", prf, passkey, "ok"),
        (
            "passkey of another credential",
            prf,
            {"passkey": {"credentialId": b64(b"other"), "prf": b64(PRF)}},
            "recipient-mismatch",
        ),
        ("passkey with another PRF output", prf, {"passkey": passkey["passkey"] | {"prf": b64(bytes(32))}}, "sealed"),
        ("notAfter edited", with_body(v15, replace(body, not_after=body.not_before).to_der()), card, "context"),
        (
            "role edited",
            with_body(prf, passkey_body.to_der().replace(b"\x0a\x01\x03", b"\x0a\x01\x02")),
            passkey,
            "context",
        ),
        ("body and context of another mailbox", forged_context(v15, body.to_der(), elsewhere.to_der()), card, "sealed"),
        ("tag flipped", flip_last(v15), card, "sealed"),
        ("keys that are not the body's", forged_keys(cast, foreign), card, "spki-mismatch"),
        ("bytes after the end", v15 + b"\0", card, "malformed"),
    ]
    return {"vectors": [grant_vector(cast, *one) for one in cases]}


def grant_vector(cast: Cast, name: str, grant: bytes, unlock: dict[str, Any], expect: str) -> dict[str, Any]:
    vector: dict[str, Any] = {"name": name, "grant": b64(grant), "unlock": unlock, "expect": expect}
    if expect == "ok":
        vector["storageKey"] = b64(cast.storage_key)
        vector["bodyHash"] = b64(parse_grant(grant).body_hash)
    if expect == "ok" and "card" in unlock:
        info = parse_grant(grant).recipient_info
        vector["contentKey"] = b64(unwrap(info, cast.card.key, content_algorithm="aes-256-gcm"))
    return vector


def holder_key_vectors(cast: Cast) -> dict[str, Any]:
    """Passkey, recovery code and officers by their holder key, and an owner's grant with all that may travel in it."""
    secret = hashlib.sha256(b"a secret").digest()

    def unlock(kind: HolderKind, value: bytes = secret) -> dict[str, Any]:
        return {"secret": {"kind": kind.value, "value": b64(value)}}

    keyed = {
        kind: build_grant(body, cast.keys, recipient)
        for kind in (HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER)
        for body, recipient in (cast.holder_key_body(kind, secret),)
    }
    recovery, code = keyed[HolderKind.RECOVERY], unlock(HolderKind.RECOVERY)
    fuller = replace(cast.keys, earlier={0: fresh_keys()}, confidential_key=os.urandom(32))
    whole = build_grant(cast.body(), fuller, CardRecipient(cast.card.certificate))
    card = {"card": {"certificate": b64(der(cast.card.certificate)), "privateKey": pkcs8(cast.card)}}
    cases: list[tuple[str, bytes, dict[str, Any], str]] = [
        *((kind.value, grant, unlock(kind), "ok") for kind, grant in keyed.items()),
        ("another secret", recovery, unlock(HolderKind.RECOVERY, bytes(32)), "recipient-mismatch"),
        ("the secret of a passkey as a code", keyed[HolderKind.PASSKEY], code, "recipient-mismatch"),
        ("tag flipped", flip_last(recovery), code, "sealed"),
        ("a card's, with earlier epochs and the confidential key", whole, card, "ok"),
    ]
    return {"vectors": [grant_vector(cast, *one) for one in cases]}


def forged_context(grant: bytes, old: bytes, new: bytes) -> bytes:
    """Another body, with the context attribute rewritten to match: only the tag can tell."""
    return with_body(grant, new).replace(hashlib.sha256(old).digest(), hashlib.sha256(new).digest())


def forged_keys(cast: Cast, foreign: MailboxKeys) -> bytes:
    """A grant whose sealed keys are not those the body names, as a lying granter would make it."""
    body = cast.body()
    honest = replace(cast, encryption=Holding.new(foreign.encryption_key, "Mallory"))
    claimed = replace(honest.body(), grant_id=body.grant_id)
    forged = build_grant(claimed, foreign, CardRecipient(cast.card.certificate))
    content_key = unwrap(parse_grant(forged).recipient_info, cast.card.key, content_algorithm="aes-256-gcm")
    return reseal(forged, content_key, claimed.to_der(), body.to_der())


def reseal(grant: bytes, content_key: bytes, old: bytes, new: bytes) -> bytes:
    """`grant` under another body with a valid tag, by somebody who has the content key."""
    sealed = parse_grant(grant).sealed
    swap = (hashlib.sha256(old).digest(), hashlib.sha256(new).digest())
    keys = sealed.decrypt(content_key)
    again = AESGCM(content_key).encrypt(sealed.initialization_vector, keys, sealed.additional_data.replace(*swap))
    return with_body(grant, new).replace(*swap).replace(sealed.tag, again[-16:])


def log_vectors(cast: Cast) -> dict[str, Any]:
    chain = cast.chain(4)
    other = cast.chain(4)
    heads = [{"seq": seq, "hash": b64(hashlib.sha256(entry).digest())} for seq, entry in enumerate(chain)]
    last = LogEntry.from_der(verify_signed(chain[3]).content)
    foreign = build_entry(last, cast.outsider.signer)
    cases: list[tuple[str, list[bytes], Any, str]] = [
        ("from the genesis", chain, None, "ok"),
        ("from what is known, itself included", chain[1:], heads[1], "ok"),
        ("right after what is known", chain[2:], heads[1], "ok"),
        ("nothing new", chain, heads[3], "ok"),
        ("an entry missing", [chain[0], chain[1], chain[3]], None, "gap"),
        ("the beginning missing", chain[1:], None, "gap"),
        ("entries after what is known missing", chain[3:], heads[1], "gap"),
        ("another entry where one is known", other, heads[1], "fork"),
        ("an entry of another chain", [*chain[:3], other[3]], None, "fork"),
        ("older than what is known", chain[:2], heads[3], "rollback"),
        ("nothing served", [], heads[1], "rollback"),
        ("signed by a stranger", [*chain[:3], foreign], None, "signature"),
        ("signature altered", [*chain[:3], flip_last(chain[3])], None, "signature"),
    ]
    accepted = hashlib.sha256(der(cast.card.certificate)).digest()
    vectors = [
        {"name": name, "entries": [b64(entry) for entry in entries], "last": known, "expect": expect}
        | ({"head": heads[3]} if expect == "ok" else {})
        for name, entries, known, expect in cases
    ]
    return {"acceptedSigners": [b64(accepted)], "vectors": vectors}


def genesis_vectors(cast: Cast) -> dict[str, Any]:
    passkey_binding = cast.binding(identity=Identity("passkey", "RPPS", "99900000017", "Alice Martin", ""))
    card, passkey = (cast.body(), cast.binding()), (cast.passkey_body(), passkey_binding)
    recipient = CardRecipient(cast.card.certificate)
    by_card = build_grant(card[0], cast.keys, recipient)
    by_passkey = build_grant(passkey[0], cast.keys, PasskeyRecipient(CREDENTIAL_ID, PRF))
    reader = cast.body(role=type(card[0].role).READER)
    other_epoch = cast.binding(epoch=2)
    card_signer, own_signer = cast.card.signer, cast.signature.signer

    def vector(
        name: str, parts: tuple[Any, Any], grant: bytes, signer: Any, expect: str, **entry: Any
    ) -> dict[str, Any]:
        own = signer is own_signer
        log_entry = build_entry(cast.genesis(*parts, **entry), signer, by_key_identifier=own)
        return {
            "name": name,
            "logEntry": b64(log_entry),
            "binding": b64(parts[1].to_der()),
            "grant": b64(grant),
            "expect": expect,
        }

    listed_elsewhere = vector("grant not listed", card, by_card, card_signer, "grant-not-listed", grants=(bytes(32),))
    return {
        "acceptedSigners": [b64(hashlib.sha256(der(cast.card.certificate)).digest())],
        "encryptionCertificate": b64(der(cast.encryption.certificate)),
        "signatureCertificate": b64(der(cast.signature.certificate)),
        "identity": describe_identity(ALICE),
        "vectors": [
            vector("by card", card, by_card, card_signer, "ok"),
            vector("by passkey", passkey, by_passkey, own_signer, "ok"),
            listed_elsewhere,
            vector("binding not listed", card, by_card, card_signer, "binding-not-listed", bindings=()),
            vector("binding of another epoch", (card[0], other_epoch), by_card, card_signer, "mailbox-mismatch"),
            vector("a card's identity claimed without a card", card, by_card, own_signer, "identity-mismatch"),
            vector("a passkey's binding signed by a card", passkey, by_passkey, card_signer, "identity-mismatch"),
            vector(
                "holder is a reader",
                (reader, card[1]),
                build_grant(reader, cast.keys, recipient),
                card_signer,
                "holder-not-owner",
            ),
            vector("signed by a stranger", card, by_card, cast.outsider.signer, "signature"),
        ],
    }


def seal_vectors(cast: Cast) -> dict[str, Any]:
    p384 = Holding.new(ec.generate_private_key(ec.SECP384R1()), "Alice P-384")
    content = "Subject: Bonjour\r\n\r\nUn résumé.\r\n".encode()
    keys = {"rsa-3072": cast.encryption, "p-384": p384}
    vectors = []
    for key, holding in keys.items():
        sealed = seal(content, holding.certificate, "pli-message")
        empty = seal(b"", holding.certificate, "pli-summary")
        vectors += [
            {
                "name": f"{key}: message",
                "key": key,
                "label": "pli-message",
                "seal": b64(sealed),
                "expect": "ok",
                "content": b64(content),
            },
            {
                "name": f"{key}: empty summary",
                "key": key,
                "label": "pli-summary",
                "seal": b64(empty),
                "expect": "ok",
                "content": "",
            },
            {
                "name": f"{key}: wrong label",
                "key": key,
                "label": "pli-summary",
                "seal": b64(sealed),
                "expect": "decryption-failed",
            },
            {
                "name": f"{key}: tag flipped",
                "key": key,
                "label": "pli-message",
                "seal": b64(flip_last(sealed)),
                "expect": "decryption-failed",
            },
        ]
    named = {name: {"certificate": b64(der(one.certificate)), "privateKey": pkcs8(one)} for name, one in keys.items()}
    return {"keys": named, "vectors": vectors}


def object_vectors(cast: Cast) -> dict[str, Any]:
    content = b'{"v":1,"rows":[]}'
    what = {"object_class": "pack", "object_id": "0001", "epoch": 1, "version": 3}
    key = derive_object_key(cast.storage_key, "pack", "0001")
    sealed = seal_object(content, key, mailbox_id=cast.mailbox_id, **what)  # type: ignore[arg-type]
    asked = {
        "class": "pack",
        "objectId": "0001",
        "epoch": 1,
        "version": 3,
        "seenVersion": 0,
        "mailboxId": cast.mailbox_id.hex(),
    }
    cases = [
        ("as sealed", {}, "ok"),
        ("seen before", {"seenVersion": 3}, "ok"),
        ("a later version was seen", {"seenVersion": 4}, "rollback"),
        ("wrong version", {"version": 4}, "sealed"),
        ("wrong class", {"class": "draft"}, "sealed"),
        ("wrong object id", {"objectId": "0002"}, "sealed"),
        ("wrong epoch", {"epoch": 2}, "sealed"),
        ("wrong mailbox", {"mailboxId": bytes(16).hex()}, "sealed"),
        ("tag flipped", {"sealed": b64(flip_last(sealed))}, "sealed"),
        ("unknown format", {"sealed": b64(b"\2" + sealed[1:])}, "malformed"),
        ("too short", {"sealed": b64(sealed[:20])}, "malformed"),
    ]
    vectors = [
        asked | {"sealed": b64(sealed)} | change | {"name": name, "expect": expect} for name, change, expect in cases
    ]
    vectors[0] |= {"key": b64(key)}
    for vector in vectors:
        if vector["expect"] == "ok":
            vector["content"] = b64(content)
    return {"storageKey": b64(cast.storage_key), "vectors": vectors}


MAKERS: dict[str, Callable[[Cast], dict[str, Any]]] = {
    "grants/grants.json": grant_vectors,
    "grants/holder-keys.json": holder_key_vectors,
    "log/chain.json": log_vectors,
    "log/genesis.json": genesis_vectors,
    "membership/membership.json": membership_vectors,
    "history/history.json": history_vectors,
    "recovery/codes.json": code_vectors,
    "recovery/shares.json": share_vectors,
    "recovery/keys.json": key_vectors,
    "recovery/field.json": field_vectors,
    "restore/restore.json": restore_vectors,
    "delegation/delegation.json": delegation_vectors,
    "seals/seals.json": seal_vectors,
    "objects/objects.json": object_vectors,
}


def main() -> None:
    cast = Cast()
    for name in sys.argv[1:] or MAKERS:
        (HERE / name).parent.mkdir(exist_ok=True)
        write(name, MAKERS[name](cast))


if __name__ == "__main__":
    main()
