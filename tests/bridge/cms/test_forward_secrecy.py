"""Who kept the opened keys of epoch n and holds every stored byte opens nothing of epoch n+1 (security.md §6 tests 13 and 14).

Cryptographic tests with real objects: a colleague is ended, the mailbox gets a new epoch, mail goes on; then everything that a server
stores is tried with everything he ever held.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from bridge.cms.errors import CmsError
from bridge.cms.grants import (
    CardRecipient,
    Grant,
    GrantBody,
    HolderKeyRecipient,
    HolderKind,
    Recipient,
    Role,
    build_grant,
    open_grant,
    open_grant_with_key,
    open_grant_with_secret,
    parse_grant,
)
from bridge.cms.history import Keyring, open_history, open_keyring, seal_history, split_history
from bridge.cms.holder_keys import derive_holder_key
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.objects import derive_object_key, open_object, seal_object
from bridge.cms.seal import open_seal, seal
from bridge.cms.unwrapping import unwrap_with_kek
from bridge.pki.certificates import spki
from tests.vectors.cast import Holding
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, fresh_keys

PASSKEY, CODE, OFFICERS = (os.urandom(32) for _ in range(3))
CLASSES = ("pack", "draft", "pins", "correspondents", "contacts", "settings", "folder", "cek")


@dataclass
class Stored:
    """What a server has, all of it."""

    grants: dict[bytes, bytes] = field(default_factory=dict)
    histories: dict[int, bytes] = field(default_factory=dict)
    objects: dict[tuple[int, str], bytes] = field(default_factory=dict)
    messages: dict[tuple[int, str], bytes] = field(default_factory=dict)


@dataclass
class Ward:
    """A mailbox with its log, its stored bytes, and the rings of those who open it."""

    register: Register
    stored: Stored = field(default_factory=Stored)

    def open_to_all(self) -> None:
        """Wrap the current epoch for every active member, and let mail and drafts come in."""
        register, membership = self.register, self.register.replay()
        bodies = [one.body for one in membership.active]
        split = split_history(bodies, register.ring)
        for body in bodies:
            grant = build_grant(body, split.sealed[body.digest], recipient_of(body))
            self.stored.grants[body.digest] = grant
        epoch, keys = register.epoch, register.keys[register.epoch]
        history = seal_history(split.shared, keys.storage_key, register.mailbox_id, epoch)
        if history is not None:
            self.stored.histories[epoch] = history
        self._write(epoch, keys)

    def ring_of(self, body: GrantBody, keys: MailboxKeys) -> Keyring:
        return open_keyring(body, keys, self.stored.histories.get(body.epoch), self.register.replay().spkis)

    def _write(self, epoch: int, keys: MailboxKeys) -> None:
        for one in CLASSES:
            key = derive_object_key(keys.storage_key, one, "01")
            where = {"object_class": one, "object_id": "01", "epoch": epoch, "version": 1}
            content = f"{one} of epoch {epoch}".encode()
            self.stored.objects[epoch, one] = seal_object(content, key, mailbox_id=self.register.mailbox_id, **where)  # type: ignore[arg-type]
        certificate = Holding.new(keys.encryption_key, "ward").certificate
        for label in ("pli-message", "pli-summary"):
            self.stored.messages[epoch, label] = seal(f"{label} of epoch {epoch}".encode(), certificate, label)  # type: ignore[arg-type]


def recipient_of(body: GrantBody) -> Recipient:
    cards = {person.holder.reference: person.card for person in (alice(), bob(), chloe())}
    if body.holder_key is not None:
        return HolderKeyRecipient(body.holder.reference, body.holder_key)
    return CardRecipient(cards[body.holder.reference].certificate)


@pytest.fixture(scope="module")
def ward() -> Ward:
    """Bob was a manager in epochs 1 and 2; epoch 3 is without him. The owner has a passkey and a code, and officers stand by."""
    register = Register.new(alice())
    register.grant(
        alice(),
        bob_body := register.body(bob(), Role.MANAGER),
        register.keyed(HolderKind.PASSKEY, PASSKEY, Role.OWNER),
        register.keyed(HolderKind.RECOVERY, CODE, Role.OWNER),
        register.keyed(HolderKind.OFFICER, OFFICERS, Role.READER),
    )
    made = Ward(register)
    made.open_to_all()
    register.rotate(alice())
    made.open_to_all()
    register.revoke(alice(), next(one.body for one in register.replay().active if one.body.holder == bob_body.holder))
    register.rotate(alice(), register.body(chloe(), history_from_epoch=3))
    made.open_to_all()
    return made


def body_of(ward: Ward, holder_kind: HolderKind, epoch: int, person: Colleague | None = None) -> GrantBody:
    return next(
        one.body
        for one in ward.register.replay().members
        if one.body.epoch == epoch
        and one.body.holder.kind is holder_kind
        and (person is None or one.body.holder == person.holder)
    )


def opened(ward: Ward, body: GrantBody, how: Colleague | bytes) -> Keyring:
    grant = parse_grant(ward.stored.grants[body.digest])
    if isinstance(how, Colleague):
        return ward.ring_of(body, open_grant_with_key(grant, how.card.key))
    return ward.ring_of(body, open_grant_with_secret(grant, body.holder.kind, how))


def read(ward: Ward, ring: Keyring) -> set[tuple[int, str]]:
    """Every stored thing that this ring opens, by epoch and class or label, as a member's client would."""
    found = set()
    for (epoch, one), sealed in ward.stored.objects.items():
        if epoch in ring.epochs:
            key = derive_object_key(ring.epochs[epoch].storage_key, one, "01")
            where = {"object_class": one, "object_id": "01", "epoch": epoch, "version": 1}
            assert open_object(sealed, key, mailbox_id=ward.register.mailbox_id, **where)  # type: ignore[arg-type]
            found.add((epoch, one))
    for (epoch, label), sealed in ward.stored.messages.items():
        if epoch in ring.epochs:
            assert open_seal(sealed, ring.epochs[epoch].encryption_key, label)  # type: ignore[arg-type]
            found.add((epoch, label))
    return found


def everything(ward: Ward, *epochs: int) -> set[tuple[int, str]]:
    return {key for key in (*ward.stored.objects, *ward.stored.messages) if key[0] in epochs}


def test_every_unlocker_of_a_member_reads_everything(ward: Ward) -> None:
    """Or what follows would prove nothing."""
    hows: list[tuple[HolderKind, Colleague | bytes]] = [
        (HolderKind.CARD, alice()),
        (HolderKind.PASSKEY, PASSKEY),
        (HolderKind.RECOVERY, CODE),
        (HolderKind.OFFICER, OFFICERS),
    ]
    for kind, how in hows:
        body = body_of(ward, kind, 3, alice() if kind is HolderKind.CARD else None)
        assert read(ward, opened(ward, body, how)) == everything(ward, 1, 2, 3)


def kept(ward: Ward) -> Keyring:
    """What Bob held: everything of epochs 1 and 2."""
    ring = opened(ward, body_of(ward, HolderKind.CARD, 2, bob()), bob())
    assert read(ward, ring) == everything(ward, 1, 2)
    return ring


def private_keys(ring: Keyring) -> Iterator[object]:
    """Every private key in a ring."""
    for keys in ring.epochs.values():
        yield keys.encryption_key
        yield keys.signature_key


def secrets_of(ring: Keyring) -> list[bytes]:
    """The storage keys, and every object key under them."""
    storage = [keys.storage_key for keys in ring.epochs.values()]
    objects = [
        derive_object_key(one, kind, place)
        for one in storage
        for kind in (*CLASSES, "history")
        for place in ("01", "1", "2", "3")
    ]
    return storage + objects


@pytest.mark.negative(14)
def test_former_member_opens_no_grant_of_the_new_epoch(ward: Ward) -> None:
    ring = kept(ward)
    tried = 0
    for grant in grants_of(ward, 3):
        for key in (bob().card.key, *private_keys(ring)):
            with pytest.raises(CmsError):
                open_grant_with_key(grant, key)  # type: ignore[arg-type]
        for secret in secrets_of(ring):
            for attempt in attempts(grant, secret):
                with pytest.raises(CmsError):
                    attempt()
                tried += 1
    assert tried > 1000


def grants_of(ward: Ward, epoch: int) -> list[Grant]:
    grants = [parse_grant(one) for one in ward.stored.grants.values()]
    return [one for one in grants if one.body.epoch == epoch]


def attempts(grant: Grant, secret: bytes) -> list[Callable[[], object]]:
    """Every way in which a secret could open a grant."""
    kinds = (HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER)
    return [
        lambda: open_grant(grant, secret),
        lambda: open_grant(grant, unwrap_with_kek(grant.recipient_info, secret)),
        *(partial(open_grant_with_secret, grant, kind, secret) for kind in kinds),
    ]


@pytest.mark.negative(14)
def test_former_member_opens_no_history_of_the_new_epoch(ward: Ward) -> None:
    """Chloé came without history, so there is none; in the epoch after, where there is one, it is of no use to Bob either."""
    ring, later = kept(ward), gone_on(ward)
    assert set(ward.stored.histories) == {2}
    for epoch in (3, 4):
        for sealed in (*ward.stored.histories.values(), *later.stored.histories.values()):
            for secret in secrets_of(ring):
                assert not opens_history(later, sealed, secret, epoch)


def gone_on(ward: Ward) -> Ward:
    """One epoch more, with a history of epoch 3."""
    later = Ward(ward.register.fork(), Stored())
    later.register.rotate(alice())
    later.open_to_all()
    assert set(later.stored.histories) == {4}
    return later


def opens_history(ward: Ward, sealed: bytes, secret: bytes, epoch: int) -> set[int]:
    try:
        return set(open_history(sealed, secret, ward.register.mailbox_id, epoch))
    except CmsError:
        return set()


@pytest.mark.negative(14)
def test_former_member_opens_no_object_of_the_new_epoch(ward: Ward) -> None:
    ring = kept(ward)
    for (epoch, kind), sealed in ward.stored.objects.items():
        if epoch == 3:
            for key in secrets_of(ring):
                for stated in (1, 2, 3):
                    where = {"object_class": kind, "object_id": "01", "epoch": stated, "version": 1}
                    with pytest.raises(CmsError):
                        open_object(sealed, key, mailbox_id=ward.register.mailbox_id, **where)  # type: ignore[arg-type]


@pytest.mark.negative(14)
def test_former_member_opens_no_message_of_the_new_epoch(ward: Ward) -> None:
    ring = kept(ward)
    for (epoch, label), sealed in ward.stored.messages.items():
        if epoch == 3:
            for key in (bob().card.key, *private_keys(ring)):
                with pytest.raises(CmsError):
                    open_seal(sealed, key, label)  # type: ignore[arg-type]


@pytest.mark.negative(14)
def test_holder_keys_follow_from_nothing_that_a_member_holds(ward: Ward) -> None:
    """The keys that passkey, code and officers open with in every epoch are the same, and none of them is in a ring."""
    points = {
        body_of(ward, kind, 3).holder_key for kind in (HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER)
    }
    assert points == {
        body_of(ward, kind, 1).holder_key for kind in (HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER)
    }
    derived = {
        spki(derive_holder_key(secret, ward.register.mailbox_id, kind).public_key())
        for secret in secrets_of(kept(ward))
        for kind in ("passkey", "recovery", "officer")
    }
    assert not points & derived


@pytest.mark.negative(13)
def test_newcomer_without_history_opens_nothing_older(ward: Ward) -> None:
    """With every stored byte, all that she opens in her epoch, and the epoch after."""
    ring = opened(ward, body_of(ward, HolderKind.CARD, 3, chloe()), chloe())
    assert read(ward, ring) == everything(ward, 3)
    later = gone_on(ward)
    ring = opened(later, body_of(later, HolderKind.CARD, 4, chloe()), chloe())
    assert set(ring.epochs) == {3, 4}
    for sealed in (*ward.stored.histories.values(), *later.stored.histories.values()):
        found = [opens_history(ward, sealed, secret, epoch) for secret in secrets_of(ring) for epoch in (1, 2, 3, 4)]
        assert not any(one & {1, 2} for one in found)
    for grant in (*grants_of(ward, 1), *grants_of(ward, 2)):
        for key in (chloe().card.key, *private_keys(ring)):
            with pytest.raises(CmsError):
                open_grant_with_key(grant, key)  # type: ignore[arg-type]
    for (epoch, label), sealed in ward.stored.messages.items():
        if epoch in (1, 2):
            for key in private_keys(ring):
                with pytest.raises(CmsError):
                    open_seal(sealed, key, label)  # type: ignore[arg-type]


@pytest.mark.negative(13)
def test_bridge_obeys_the_right_even_where_keys_would_open_more(ward: Ward) -> None:
    """A manager who wraps older keys for a newcomer, against her body: they are not taken."""
    body = body_of(ward, HolderKind.CARD, 3, chloe())
    keys = replace(ward.register.keys[3], earlier={2: ward.register.keys[2]})
    grant = parse_grant(build_grant(body, keys, recipient_of(body)))
    assert set(ward.ring_of(body, open_grant_with_key(grant, chloe().card.key)).epochs) == {3}


@pytest.mark.negative(14)
def test_reused_storage_key_would_be_found(ward: Ward) -> None:
    """The one secret that no binding shows: a rotation that keeps it lets Bob read, and this file would say so."""
    careless = Ward(ward.register.fork(), Stored())
    careless.register.rotate(alice(), keys=replace(fresh_keys(), storage_key=ward.register.keys[2].storage_key))
    careless.open_to_all()
    key = derive_object_key(kept(ward).epochs[2].storage_key, "pack", "01")
    where = {"object_class": "pack", "object_id": "01", "epoch": 4, "version": 1}
    sealed = careless.stored.objects[4, "pack"]
    assert open_object(sealed, key, mailbox_id=ward.register.mailbox_id, **where) == b"pack of epoch 4"  # type: ignore[arg-type]
