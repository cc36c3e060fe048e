"""The second key of a mailbox, its owners' alone, with a real bridge and software cards."""

from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.acting import make, refused
from tests.bridge.log_keeper import LogKeeper, card_of, granted
from tests.bridge.running import Page, RunningBridge


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def item(epoch: int) -> list[dict[str, Any]]:
    """The `items` of storage.keys that ask for the second key of this epoch."""
    return [{"class": "confidential", "id": "0a", "epoch": epoch}]


def second_key(page: Page, handle: str, epoch: int = 1) -> str:
    (key,) = page.call("storage.keys", handle=handle, items=item(epoch))["keys"]
    return str(key)


def refusal(page: Page, handle: str, epoch: int = 1) -> tuple[str, str]:
    error = refused(page, "storage.keys", handle=handle, items=item(epoch))
    return error.name, error.data["reason"]


def test_what_is_confidential_is_its_owners_alone(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """A key of its own, that comes with an owner's grant through every epoch and with no other."""
    key = second_key(page, kept.handle)
    bob = card_of(sample_pki, "bob", "encryption")
    params = {"handle": kept.handle, "evidence": kept.evidence(), "kind": "grant", "card": alice}
    asked = {**granted(bob), "confidential": True}
    assert refused(page, "grant.make", grants=[asked], **params).data["reason"] == "confidential"
    kept.take(make(page, kept, [granted(bob, "manager")], alice))
    kept.rotated(page, alice, holders=[alice_card, bob])
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": page.card("Bob")})
    for epoch in (1, 2):
        assert refusal(page, opened["handle"], epoch) == ("KEY_USE_DENIED", "confidential")
    own = kept.open(page, kept.grant_of("card", sample_pki.cards["alice"].rpps_number), {"card": alice})
    assert second_key(page, own["handle"]) == key
    assert second_key(page, own["handle"], 2) != key


def by_a_manager(page: Page, kept: LogKeeper, alice: str, alice_card: Any, pki: SamplePki) -> bytes:
    """Bob, who manages, makes the second epoch; gives Alice's grant of the first."""
    first = kept.grant_of("card", pki.cards["alice"].rpps_number)
    bob = card_of(pki, "bob", "encryption")
    kept.take(make(page, kept, [granted(bob, "manager")], alice))
    card = page.card("Bob")
    opened = kept.open(page, kept.grant_of("card", pki.cards["bob"].rpps_number), {"card": card})
    kept.handle = opened["handle"]
    kept.rotated(page, card, holders=[alice_card, bob])
    return first


def test_an_owner_keeps_the_second_key_when_a_manager_rotates(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    key = second_key(page, kept.handle)
    first = by_a_manager(page, kept, alice, alice_card, sample_pki)
    newest = kept.sealed(kept.grant_of("card", sample_pki.cards["alice"].rpps_number))
    alone = page.call("mailbox.open", **newest, unlock={"card": alice})
    assert refusal(page, alone["handle"]) == ("KEY_USE_DENIED", "confidential")
    both = page.call("mailbox.open", **newest, older=first, unlock={"card": alice})
    assert both["epochs"] == [1, 2]
    assert second_key(page, both["handle"]) == key
    kept.handle = both["handle"]
    bob = card_of(sample_pki, "bob", "encryption")
    kept.rotated(page, alice, holders=[alice_card, bob])
    own = kept.open(page, kept.grant_of("card", sample_pki.cards["alice"].rpps_number), {"card": alice})
    assert second_key(page, own["handle"]) == key


def test_no_other_grant_is_opened_beside_the_newest(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """Nor is the grant of somebody else, or the newest itself, an older one of this owner."""
    first = by_a_manager(page, kept, alice, alice_card, sample_pki)
    own = kept.grant_of("card", sample_pki.cards["alice"].rpps_number)
    managers = kept.grant_of("card", sample_pki.cards["bob"].rpps_number)
    for newest, older, card in ((own, own, alice), (own, managers, alice), (managers, first, page.card("Bob"))):
        error = refused(page, "mailbox.open", **kept.sealed(newest), older=older, unlock={"card": card})
        assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "not-older")
