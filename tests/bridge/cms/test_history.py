"""History: what a member opens of the epochs before his, and what he cannot (security.md §6 test 13)."""

import os
from dataclasses import replace

import pytest

from bridge.cms.errors import GrantRefused
from bridge.cms.grants import GrantBody, Role
from bridge.cms.history import Keyring, open_history, open_keyring, seal_history, split_history
from bridge.cms.mailbox_keys import MailboxKeys, decode_epochs, encode_epochs
from bridge.pki.certificates import spki_sha256
from tests.vectors.cast import Cast
from tests.vectors.registers import fresh_keys


@pytest.fixture(scope="module")
def ring() -> Keyring:
    return Keyring(4, {epoch: fresh_keys(confidential=True) for epoch in (1, 2, 3, 4)})


def spkis_of(ring: Keyring) -> dict[int, tuple[bytes, bytes]]:
    return {
        epoch: (spki_sha256(keys.encryption_key.public_key()), spki_sha256(keys.signature_key.public_key()))
        for epoch, keys in ring.epochs.items()
    }


def body_from(cast: Cast, history_from: int, role: Role = Role.READER) -> GrantBody:
    return cast.body(epoch=4, role=role, history_from_epoch=history_from)


def opened(cast: Cast, ring: Keyring, body: GrantBody, *others: GrantBody) -> Keyring:
    """What `body`'s holder opens, once all the members were given their parts."""
    split = split_history([body, *others], ring)
    history = seal_history(split.shared, ring.current.storage_key, cast.mailbox_id, 4)
    return open_keyring(body, MailboxKeys.from_der(split.sealed[body.digest].to_der()), history, spkis_of(ring))


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_each_member_opens_from_his_right_on(cast: Cast, ring: Keyring, first: int) -> None:
    others = [body_from(cast, history_from) for history_from in (1, 2, 3)]
    found = opened(cast, ring, body_from(cast, first), *others)
    assert set(found.epochs) == set(range(first, 5))
    for epoch, keys in found.epochs.items():
        assert keys.storage_key == ring.epochs[epoch].storage_key


@pytest.mark.negative(13)
def test_member_without_history_holds_nothing_older(cast: Cast, ring: Keyring) -> None:
    """Whatever he keeps and whatever he is served: no bytes of an older epoch are under a key of his."""
    joiner, owner = body_from(cast, 4), body_from(cast, 1, Role.OWNER)
    split = split_history([joiner, owner], ring)
    assert split.shared == {}
    assert split.sealed[joiner.digest].earlier == {}
    assert seal_history(split.shared, ring.current.storage_key, cast.mailbox_id, 4) is None
    assert set(split.sealed[owner.digest].earlier) == {1, 2, 3}


@pytest.mark.negative(13)
def test_history_older_than_the_right_is_not_kept(cast: Cast, ring: Keyring) -> None:
    """A history object made for members with a larger right, served to one with a smaller."""
    history = seal_history(ring.shared(1), ring.current.storage_key, cast.mailbox_id, 4)
    found = open_keyring(body_from(cast, 3), ring.current, history, spkis_of(ring))
    assert set(found.epochs) == {3, 4}


def test_grant_holds_only_what_the_shared_history_does_not(cast: Cast, ring: Keyring) -> None:
    reader, joiner = body_from(cast, 1), body_from(cast, 3)
    split = split_history([reader, joiner], ring)
    assert set(split.shared) == {3}
    assert set(split.sealed[reader.digest].earlier) == {1, 2}


def test_confidential_keys_reach_owners_alone(cast: Cast, ring: Keyring) -> None:
    owner, manager = body_from(cast, 1, Role.OWNER), body_from(cast, 1, Role.MANAGER)
    seen = opened(cast, ring, owner, manager)
    assert {epoch: keys.confidential_key for epoch, keys in seen.epochs.items()} == {
        epoch: keys.confidential_key for epoch, keys in ring.epochs.items()
    }
    assert all(keys.confidential_key is None for keys in opened(cast, ring, manager, owner).epochs.values())


def test_ring_that_lacks_an_epoch_makes_no_grant_that_needs_it(cast: Cast, ring: Keyring) -> None:
    partial = Keyring(4, {epoch: ring.epochs[epoch] for epoch in (3, 4)})
    with pytest.raises(GrantRefused) as refused:
        split_history([body_from(cast, 3), body_from(cast, 2)], partial)
    assert refused.value.reason == "history-missing"


@pytest.mark.negative(6)
def test_older_keys_that_no_binding_names_are_refused(cast: Cast, ring: Keyring) -> None:
    forged = {**ring.epochs, 2: fresh_keys()}
    history = seal_history(Keyring(4, forged).shared(1), ring.current.storage_key, cast.mailbox_id, 4)
    in_grant = replace(ring.current, earlier={2: forged[2]})
    for keys, served in ((ring.current, history), (in_grant, None)):
        with pytest.raises(GrantRefused) as refused:
            open_keyring(body_from(cast, 1), keys, served, spkis_of(ring))
        assert refused.value.reason == "spki-mismatch"
    unknown = {epoch: pair for epoch, pair in spkis_of(ring).items() if epoch != 2}
    with pytest.raises(GrantRefused):
        open_keyring(body_from(cast, 1), replace(ring.current, earlier={2: ring.epochs[2]}), None, unknown)


@pytest.mark.negative(6)
@pytest.mark.parametrize("name", ["encryption_key", "signature_key"])
def test_one_foreign_key_of_an_older_epoch_is_enough(cast: Cast, ring: Keyring, name: str) -> None:
    half = replace(ring.epochs[2], **{name: getattr(fresh_keys(), name)})
    with pytest.raises(GrantRefused) as refused:
        open_keyring(body_from(cast, 1), replace(ring.current, earlier={2: half}), None, spkis_of(ring))
    assert refused.value.reason == "spki-mismatch"


@pytest.mark.negative(6)
def test_history_replaces_no_key_of_the_epoch_itself(cast: Cast, ring: Keyring) -> None:
    """The storage key of an epoch stands in no binding: only its own grant gives it."""
    swapped = replace(ring.current, storage_key=bytes(32))
    history = seal_history({4: swapped}, ring.current.storage_key, cast.mailbox_id, 4)
    for keys, served in ((ring.current, history), (replace(ring.current, earlier={4: swapped}), None)):
        found = open_keyring(body_from(cast, 1), keys, served, spkis_of(ring))
        assert found.current.storage_key == ring.current.storage_key


def test_history_of_another_epoch_or_mailbox_is_refused(cast: Cast, ring: Keyring) -> None:
    key = ring.current.storage_key
    sealed = seal_history(ring.shared(1), key, cast.mailbox_id, 4)
    assert sealed is not None
    for args in ((key, cast.mailbox_id, 3), (key, bytes(16), 4), (os.urandom(32), cast.mailbox_id, 4)):
        with pytest.raises(GrantRefused) as refused:
            open_history(sealed, *args)
        assert refused.value.reason == "history"


def test_next_epoch_keeps_the_older(ring: Keyring) -> None:
    keys = fresh_keys()
    later = ring.next(keys)
    assert (later.epoch, later.current) == (5, keys)
    assert set(later.shared(1)) == {1, 2, 3, 4}


def test_epochs_are_descending_and_not_nested(ring: Keyring) -> None:
    two = encode_epochs({1: ring.epochs[1], 2: ring.epochs[2]})
    assert list(decode_epochs(two)) == [2, 1]
    nested = encode_epochs({3: replace(ring.epochs[3], earlier={1: ring.epochs[1]})})
    one = encode_epochs({2: ring.epochs[2]})
    repeated = b"\x30\x82" + (2 * (len(one) - 4)).to_bytes(2, "big") + one[4:] * 2
    for bad in (nested, repeated, encode_epochs({}), b"", two + b"\0"):
        with pytest.raises(GrantRefused) as refused:
            decode_epochs(bad)
        assert refused.value.reason == "key-invalid"


def test_no_epoch_is_printed(ring: Keyring) -> None:
    assert repr(ring) == "Keyring(epoch=4)"
    assert "earlier" not in repr(replace(ring.current, earlier={1: ring.epochs[1]}))
