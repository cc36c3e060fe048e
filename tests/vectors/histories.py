"""The vectors of history/: four epochs shared out among members whose rights begin at different ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.cms.grants import Role
from bridge.cms.history import Keyring, seal_history, split_history
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.pki.certificates import spki_sha256
from tests.vectors.cast import Cast
from tests.vectors.registers import fresh_keys
from tests.vectors.writing import b64, flip_last

EPOCH = 4


def history_vectors(cast: Cast) -> dict[str, Any]:
    """Each vector is one member's body, what his grant sealed (DER MailboxKeys) and the history he is served."""
    ring = Keyring(EPOCH, {epoch: fresh_keys(confidential=epoch > 1) for epoch in range(1, EPOCH + 1)})
    bodies = [
        cast.body(epoch=EPOCH),
        *(cast.body(epoch=EPOCH, role=Role.READER, history_from_epoch=one) for one in (1, 3)),
    ]
    split = split_history(bodies, ring)
    owner, reader, from_3 = (split.sealed[body.digest] for body in bodies)

    def sealed(shared: Mapping[int, MailboxKeys], epoch: int = EPOCH) -> bytes | None:
        return seal_history(shared, ring.current.storage_key, cast.mailbox_id, epoch)

    shared, alone = sealed(split.shared) or b"", replace(reader, earlier={})
    foreign, nested = {2: fresh_keys()}, {3: replace(ring.epochs[3], earlier={1: ring.epochs[1]})}
    of = {body.history_from_epoch: body for body in bodies}
    cases: list[tuple[str, int, MailboxKeys, bytes | None, str]] = [
        ("the owner, of everything and of what is confidential", 1, owner, shared, "ok"),
        ("a reader of everything", 1, reader, shared, "ok"),
        ("a reader from epoch 3 on", 3, from_3, shared, "ok"),
        ("a reader from epoch 3 on, served more", 3, from_3, sealed(ring.shared(1)), "ok"),
        ("a reader served no history", 3, from_3, None, "ok"),
        ("the history of another epoch", 1, reader, sealed(split.shared, 3), "history"),
        ("the history altered", 1, reader, flip_last(shared), "history"),
        ("older keys that no binding names", 1, alone, sealed(foreign), "spki-mismatch"),
        ("such keys in the grant itself", 1, replace(alone, earlier=foreign), None, "spki-mismatch"),
        ("an epoch inside an epoch", 1, replace(alone, earlier=nested), None, "key-invalid"),
        ("an epoch inside an epoch of the history", 1, alone, sealed(nested), "key-invalid"),
    ]
    return {
        "spkis": {str(epoch): [b64(one) for one in _spkis(keys)] for epoch, keys in ring.epochs.items()},
        "vectors": [
            {
                "name": name,
                "body": b64(of[first].to_der()),
                "keys": b64(keys.to_der()),
                "history": None if history is None else b64(history),
                "expect": expect,
            }
            | (_opened(ring, keys, first, history is not None) if expect == "ok" else {})
            for name, first, keys, history, expect in cases
        ],
    }


def _opened(ring: Keyring, keys: MailboxKeys, first: int, served: bool) -> dict[str, Any]:
    """The storage keys of the epochs he opens, and the confidential keys among them."""
    epochs = {EPOCH, *keys.earlier} | (set(range(3, EPOCH)) if served else set())
    confidential = {EPOCH: keys.confidential_key} | {epoch: one.confidential_key for epoch, one in keys.earlier.items()}
    return {
        "storageKeys": {str(one): b64(ring.epochs[one].storage_key) for one in sorted(epochs) if one >= first},
        "confidentialKeys": {str(one): b64(key) for one, key in sorted(confidential.items()) if key is not None},
    }


def _spkis(keys: MailboxKeys) -> tuple[bytes, bytes]:
    return spki_sha256(keys.encryption_key.public_key()), spki_sha256(keys.signature_key.public_key())
