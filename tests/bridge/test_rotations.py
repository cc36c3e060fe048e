"""New epochs of a mailbox, with a real bridge, a real vault process and software cards: who gets them, and what stays readable."""

import hashlib
from typing import Any

import pytest

from bridge.cms.errors import GrantRefused
from bridge.cms.grants import GrantBody, open_grant_with_key, parse_grant
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.acting import confirmations, make, read, refused
from tests.bridge.log_keeper import LogKeeper, card_of, granted, made_up_cards, octets
from tests.bridge.running import BridgeError, Page, RunningBridge


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


@pytest.mark.negative(11)
def test_a_ghost_member_is_wrapped_to_by_nobody(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """Its certificate is among the holders that the server names; the log knows nothing of it."""
    ((ghost, key),) = made_up_cards(sample_pki, 1)
    answer = kept.rotated(page, alice, holders=[alice_card, ghost])
    assert len(answer["grants"]) == 1
    assert [one.body.holder.id_value for one in kept.membership.active] == [sample_pki.cards["alice"].rpps_number]
    with pytest.raises(GrantRefused, match="sealed"):
        open_grant_with_key(parse_grant(octets(answer["grants"][0])), key)


def test_fifty_members_cost_one_signature_each_act(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """Fifty are granted at once, and a rotation wraps to fifty-one: the card signs once each time, and its uses say so."""
    cards = made_up_cards(sample_pki, 50)
    uses = lambda: page.call("card.list")["cards"][0]["session"]["usesLeft"]  # noqa: E731
    before, asked = uses(), len(bridge.prompts("confirm"))
    kept.take(make(page, kept, [granted(card) for card, _ in cards], alice))
    assert uses() == before - 1
    named = "\n".join(confirmations(bridge)[asked:])
    assert all(f"Nº{number} MEMBRE" in named for number in range(50))
    asked = len(bridge.prompts("confirm"))
    answer = kept.rotated(page, alice, holders=[alice_card, *(card for card, _ in cards)])
    assert uses() == before - 2
    assert len(bridge.prompts("confirm")) == asked  # for whom the log shows already, without a question
    assert (len(answer["grants"]), answer["epoch"], len(kept.membership.active)) == (51, 2, 51)
    key_of = {hashlib.sha256(card["certificate"]).digest(): key for card, key in cards}
    for grant in map(octets, answer["grants"]):
        reference = GrantBody.from_der(parse_grant(grant).body_der).holder.reference
        if reference in key_of:
            assert open_grant_with_key(parse_grant(grant), key_of[reference]).storage_key


@pytest.mark.negative(13)
def test_who_comes_from_now_on_reads_nothing_older(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    bob = card_of(sample_pki, "bob", "encryption")
    error = refused(
        page, "grant.make", handle=kept.handle, evidence=kept.evidence(), grants=[granted(bob, history="now")], kind="grant", card=alice,
    )  # fmt: skip
    assert error.data["reason"] == "rotation-needed"
    kept.rotated(page, alice, holders=[alice_card], add=[granted(bob, history="now")])
    assert "Only mail from now on." in confirmations(bridge)[-1]
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": page.card("Bob")})
    assert opened["epochs"] == [2]
    old, new = (kept.certified[epoch]["encryptionCertificate"] for epoch in (1, 2))
    assert (read(page, opened["handle"], new, 2), read(page, opened["handle"], old, 1)) == (True, False)
    denied = refused(page, "storage.keys", handle=opened["handle"], items=[{"class": "pack", "id": "1", "epoch": 1}])
    assert (denied.name, denied.data["reason"]) == ("KEY_USE_DENIED", "epoch")
    own = kept.open(page, kept.grant_of("card", sample_pki.cards["alice"].rpps_number), {"card": alice})
    assert own["epochs"] == [1, 2]
    assert read(page, own["handle"], old, 1)


def test_history_goes_through_several_epochs(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    for _ in range(3):
        kept.rotated(page, alice, holders=[alice_card])
    bob = card_of(sample_pki, "bob", "encryption")
    kept.take(make(page, kept, [granted(bob)], alice))
    for name, card in (("alice", alice), ("bob", page.card("Bob"))):
        opened = kept.open(page, kept.grant_of("card", sample_pki.cards[name].rpps_number), {"card": card})
        assert opened["epochs"] == [1, 2, 3, 4]
        assert all(
            read(page, opened["handle"], kept.certified[epoch]["encryptionCertificate"], epoch)
            for epoch in (1, 2, 3, 4)
        )
        keys = [
            page.call("storage.keys", handle=opened["handle"], items=[{"class": "pack", "id": "1", "epoch": epoch}])[
                "keys"
            ][0]
            for epoch in (1, 2, 3, 4)
        ]
        assert len(set(keys)) == 4
    assert (
        page.call("storage.keys", handle=opened["handle"], items=[{"class": "pack", "id": "1"}])["keys"][0] == keys[3]
    )


def test_a_rotation_asked_twice_gives_two_sound_acts(page: Page, kept: LogKeeper, alice: str, alice_card: Any) -> None:
    first, certified = kept.rotate(page, alice, holders=[alice_card])
    params = {"holders": [alice_card], "card": alice, "handle": kept.handle, "newHandle": first["handle"]}
    pair = {name: certified[name] for name in ("encryptionCertificate", "signatureCertificate")}
    second = page.call("mailbox.rotate", evidence=kept.evidence(), **pair, **params)
    assert first["logEntry"] != second["logEntry"]
    entries, bodies, bindings = list(kept.entries), list(kept.bodies), list(kept.bindings)
    kept.take(first, certified=certified)
    kept.entries, kept.bodies, kept.bindings = entries, bodies, bindings
    kept.take(second, certified=certified)  # the server takes one of them
    assert kept.membership.epoch == 2
    kept.handle = first["handle"]
    found = page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence(1))
    assert found["epoch"] == 2


def test_a_page_that_left_in_the_middle_begins_again(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any
) -> None:
    kept.rotate(page, alice, holders=[alice_card])  # nobody ever hears of it
    with bridge.page() as other:
        opened = kept.open(other, kept.grant_of("card"), {"card": other.card("Alice")})
        kept.handle = opened["handle"]
        kept.rotated(other, other.card("Alice"), holders=[alice_card])
        assert kept.membership.epoch == 2


def test_ending_and_the_key_change_that_is_due(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    grant = kept.grant_of("card", sample_pki.cards["bob"].rpps_number)
    bob = kept.membership.active[1].digest
    answer = page.call(
        "log.append", handle=kept.handle, evidence=kept.evidence(), kind="revoke", hashes=[bob], card=alice
    )
    kept.take(answer)
    assert "Bob LEFÈVRE" in confirmations(bridge)[-1]
    found = page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence(2))
    assert (found["keyChangeDue"], [one["state"] for one in found["members"]]) == (True, ["active", "ended"])
    error = refused(page, "mailbox.open", **kept.sealed(grant), unlock={"card": page.card("Bob")})
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "ended")
    kept.rotated(page, alice, holders=[alice_card])
    assert not page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence())["keyChangeDue"]


def test_dropping_a_member_by_silence_is_refused(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    with pytest.raises(BridgeError) as error:
        kept.rotate(page, alice, holders=[alice_card])
    assert (error.value.data["reason"], octets(error.value.data["holder"])) == (
        "holder-missing",
        kept.membership.active[1].digest,
    )
    kept.rotated(page, alice, holders=[alice_card], ends=[kept.membership.active[1].digest])
    assert len(kept.membership.active) == 1


def test_everybody_whose_card_holds_the_new_keys_up_is_named(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """Else who ends the one that was named meets the next."""
    bob, (other, _) = card_of(sample_pki, "bob", "encryption"), made_up_cards(sample_pki, 1)[0]
    kept.take(make(page, kept, [granted(bob), granted(other)], alice))
    with pytest.raises(BridgeError) as error:
        kept.rotate(page, alice, holders=[alice_card])
    held_up = [one.digest for one in kept.membership.active[1:]]
    assert [(octets(one["holder"]), one["reason"]) for one in error.value.data["refused"]] == [
        (held_up[0], "holder-missing"),
        (held_up[1], "holder-missing"),
    ]
    assert octets(error.value.data["holder"]) == held_up[0]
    with pytest.raises(BridgeError) as error:
        kept.rotate(page, alice, holders=[alice_card, other])
    assert [octets(one["holder"]) for one in error.value.data["refused"]] == held_up[:1]
