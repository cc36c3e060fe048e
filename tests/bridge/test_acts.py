"""Acts on a mailbox with a real bridge, a real vault process and software cards: members, grants, rotations, endings."""

import base64
import hashlib
import secrets
import time
from typing import Any

import pytest

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import GrantRefused, LogRefused
from bridge.cms.grants import GrantBody, open_grant_with_key, parse_grant
from bridge.cms.seal import seal
from bridge.pki.certificates import load_certificate
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.conftest import ALICE
from tests.bridge.log_keeper import LogKeeper, card_of, granted, made_up_cards, octets
from tests.bridge.operator_side import Account
from tests.bridge.running import BridgeError, Page, RunningBridge


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


@pytest.fixture
def kept(account: Account, sample_pki: SamplePki) -> LogKeeper:
    return LogKeeper.of(sample_pki, ALICE, account)


@pytest.fixture
def alice_card(sample_pki: SamplePki) -> dict[str, Any]:
    return card_of(sample_pki, "alice", "authentication")


def refused(page: Page, method: str, **params: Any) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        page.call(method, 60, **params)
    return error.value


def make(page: Page, kept: LogKeeper, grants: list[dict[str, Any]], card: str, **more: Any) -> dict[str, Any]:
    params = {"kind": "grant", "evidence": kept.evidence(), "handle": kept.handle, "card": card, **more}
    answer: dict[str, Any] = page.call("grant.make", 60, grants=grants, **params)
    return answer


def confirmations(bridge: RunningBridge) -> list[str]:
    return [prompt["description"] for prompt in bridge.prompts("confirm")]


def read(page: Page, handle: str, certificate: bytes, epoch: int) -> bool:
    """Whether the handle opens a message sealed to the mailbox in that epoch."""
    enveloped = parse_enveloped(seal(b"content", load_certificate(certificate), "pli-message"))
    item = {
        "recipientInfo": enveloped.recipients[0].der,
        "contentAlgorithm": enveloped.content_algorithm.oid,
        "epoch": epoch,
    }
    answer = page.call("key.unwrap", handle=handle, items=[item], **{"class": "message"})
    try:
        return bool(enveloped.decrypt(base64.b64decode(answer["items"][0]["cek"])) == b"content")
    except Exception:  # noqa: BLE001 (whatever the reason, it did not open)
        return False


def test_members_are_what_the_log_proves(page: Page, kept: LogKeeper, sample_pki: SamplePki) -> None:
    found = page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence())
    assert [(one["kind"], one["role"], one["state"]) for one in found["members"]] == [("card", "owner", "active")]
    assert found["members"][0]["idValue"] == sample_pki.cards["alice"].rpps_number
    assert (found["epoch"], found["logSeq"], found["keyChangeDue"]) == (1, 0, False)
    again = page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence(1))  # what is new: nothing
    assert again == found


def test_a_colleague_gets_a_grant_and_opens(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    bob = sample_pki.cards["bob"]
    answer = make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"), days=14)], alice)
    after = kept.take(answer)
    assert [one.body.role.value for one in after.active] == ["owner", "sender"]
    shown = confirmations(bridge)[-1]
    for fact in (
        "Bob LEFÈVRE",
        f"RPPS {bob.rpps_number}",
        "read, and write for this mailbox",
        "Could read all earlier mail",
        ALICE,
    ):
        assert fact in shown
    opened = kept.open(page, kept.grant_of("card", bob.rpps_number), {"card": page.card("Bob")})
    assert (opened["role"], opened["epochs"], opened["level"]) == ("sender", [1], "full")
    assert read(page, opened["handle"], kept.certified[1]["encryptionCertificate"], 1)


def test_the_prompt_is_french_too(sample_pki: SamplePki) -> None:
    from datetime import date

    from bridge.prompts.requests import Named, Purpose, Terms
    from bridge.prompts.wording import Wording

    terms = Terms("sender", date(2026, 12, 1), date(2026, 12, 14), "now")
    values = (("address", ALICE), ("part", "1"), ("parts", "1"))
    said = Wording("fr").purpose(Purpose("grant-consent", values, people=(Named("Bob", "RPPS 1"),), terms=terms))
    assert "du 1 décembre 2026 au 14 décembre 2026" in said
    assert "Seulement le courrier reçu à partir de maintenant" in said
    assert "• Bob, RPPS 1" in said


@pytest.mark.negative(3)
def test_a_sender_grants_nothing(page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    bob = page.card("Bob")
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": bob})
    ((card, _),) = made_up_cards(sample_pki, 1)
    kept.handle = opened["handle"]
    error = refused(
        page, "grant.make", handle=kept.handle, evidence=kept.evidence(), grants=[granted(card)], kind="grant", card=bob
    )
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "signer-not-manager")


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


@pytest.mark.negative(8)
@pytest.mark.negative(10)
def test_a_log_without_its_last_act_is_a_rollback(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    revoked = page.call(
        "log.append", handle=kept.handle, evidence=kept.evidence(), kind="revoke", hashes=[kept.membership.active[1].digest], card=alice,
    )  # fmt: skip
    kept.take(revoked)
    page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence())
    for without, reason in (([0, 1], "rollback"), ([0, 2], "gap"), ([0], "rollback")):
        cut = {**kept.evidence(), "logEntries": [kept.entries[place] for place in without]}
        error = refused(page, "mailbox.members", handle=kept.handle, evidence=cut)
        assert (error.name, error.data["reason"]) == ("LOG_REFUSED", reason)
        older = kept.sealed(kept.grant_of("card", sample_pki.cards["alice"].rpps_number))
        error = refused(page, "mailbox.open", **{**older, "logEntries": cut["logEntries"]}, unlock={"card": alice})
        assert error.name == "LOG_REFUSED"


@pytest.mark.negative(4)
def test_a_grant_moved_to_another_mailbox_opens_nothing(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    from tests.bridge.operator_side import open_account

    other = LogKeeper.of(
        sample_pki, "other@pli.example", open_account(page, sample_pki.directory, "other@pli.example", {"card": alice})
    )
    moved = {**kept.sealed(other.grant_of("card"))}
    error = refused(page, "mailbox.open", **{**moved, "grant": other.grant_of("card")}, unlock={"card": alice})
    assert error.name in ("GRANT_REFUSED", "LOG_REFUSED")


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


def test_a_passkey_is_another_way_in(page: Page, kept: LogKeeper, alice: str, alice_card: Any) -> None:
    passkey = {"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32)}
    asked = {**granted({}, "owner"), "holder": {"passkey": {**passkey, "name": "Téléphone"}}}
    kept.take(make(page, kept, [asked], alice))
    kept.rotated(page, alice, holders=[alice_card])  # the passkey is absent, and gets the new keys all the same
    opened = kept.open(page, kept.grant_of("passkey"), {"passkey": passkey})
    assert (opened["epochs"], opened["role"], opened["level"]) == ([1, 2], "owner", "full")


@pytest.mark.negative(17)
def test_the_prf_value_of_another_passkey_opens_nothing(page: Page, kept: LogKeeper, alice: str) -> None:
    first, second = ({"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32)} for _ in range(2))
    for passkey in (first, second):
        asked = {**granted({}, "owner"), "holder": {"passkey": {**passkey, "name": "Clé"}}}
        kept.take(make(page, kept, [asked], alice))
    wraps = [grant for grant in kept.grants.values() if parse_grant(grant).body.holder.kind.value == "passkey"]
    mixed = {"credentialId": second["credentialId"], "prf": first["prf"]}
    assert (
        refused(page, "mailbox.open", **kept.sealed(wraps[1]), unlock={"passkey": mixed}).data["reason"]
        == "does-not-open"
    )
    assert (
        refused(page, "mailbox.open", **kept.sealed(wraps[1]), unlock={"passkey": first}).name == "RECIPIENT_MISMATCH"
    )


@pytest.mark.negative(18)
def test_a_renewed_card_is_of_the_same_person(page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki) -> None:
    own = kept.membership.active[0].digest
    params = {"handle": kept.handle, "evidence": kept.evidence(), "kind": "certChange", "ends": [own], "card": alice}
    bob = granted(card_of(sample_pki, "bob", "encryption"), "owner")
    error = refused(page, "grant.make", grants=[bob], **params)
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "identity-changed")


@pytest.mark.negative(19)
@pytest.mark.parametrize("answer", ["missing", "stale", "revoked"])
def test_a_card_about_which_nobody_answers_gets_nothing(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki, answer: str
) -> None:
    from datetime import timedelta

    from bridge.pki.issue import build_crl, utc_now

    issuing = sample_pki.branches["standard"].issuing
    others = [
        file.read_bytes()
        for file in (sample_pki.directory / "crls").glob("*.crl")
        if file.name != "health-standard.crl"
    ]
    stale = build_crl(issuing, now=utc_now() - timedelta(hours=25), days=60)
    crls = {"missing": others, "stale": [*others, stale], "revoked": sample_pki.crls()}[answer]
    name, use, reason = (
        ("bob", "encryption", "revocation-unknown")
        if answer != "revoked"
        else ("rene", "authentication", "certificate-revoked")
    )
    error = refused(
        page, "grant.make", handle=kept.handle, evidence=kept.evidence(crls=crls), kind="grant", card=alice,
        grants=[granted(card_of(sample_pki, name, use))],
    )  # fmt: skip
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", reason)
    assert (
        page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence(crls=crls))["logSeq"] == 0
    )  # reading goes on


def test_a_card_proves_what_it_can(page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki) -> None:
    proofs = {name: page.call("card.prove", card=page.card(name)) for name in ("Alice", "Bob")}
    bob = {name: octets(proofs["Bob"][name]) for name in ("certificate", "proof")}
    bob["chain"] = [octets(one) for one in proofs["Bob"]["chain"]]
    kept.take(make(page, kept, [granted(bob)], alice))
    assert bytes.fromhex("06092a864886f70d010107") in kept.grant_of(
        "card", sample_pki.cards["bob"].rpps_number
    )  # id-RSAES-OAEP
    forged = {**card_of(sample_pki, "hugo", "authentication"), "proof": octets(proofs["Alice"]["proof"])}
    error = refused(
        page,
        "grant.make",
        handle=kept.handle,
        evidence=kept.evidence(),
        kind="grant",
        card=alice,
        grants=[granted(forged)],
    )
    assert error.data["reason"] == "proof-refused"


def test_a_cancelled_act_leaves_everything_usable(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    bridge.set_pins({"cancel": "confirm"})
    grants = [granted(card_of(sample_pki, "bob", "encryption"))]
    error = refused(
        page, "grant.make", handle=kept.handle, evidence=kept.evidence(), kind="grant", card=alice, grants=grants
    )
    assert error.name == "USER_CANCELLED"
    bridge.set_pins({"CPS-0001": "1234"})
    kept.take(make(page, kept, grants, alice))


def test_the_server_refuses_a_second_act_at_the_same_place(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    first = make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice)
    second = make(page, kept, [granted(card_of(sample_pki, "hugo", "authentication"))], alice)
    kept.take(first)
    with pytest.raises(LogRefused, match="fork"):
        kept.take(second)


def test_what_is_confidential_is_its_owners_alone(
    page: Page, kept: LogKeeper, alice: str, alice_card: Any, sample_pki: SamplePki
) -> None:
    """A key of its own, that comes with an owner's grant through every epoch and with no other."""
    items = [{"class": "confidential", "id": "0a", "epoch": 1}]
    (key,) = page.call("storage.keys", handle=kept.handle, items=items)["keys"]
    bob = card_of(sample_pki, "bob", "encryption")
    params = {"handle": kept.handle, "evidence": kept.evidence(), "kind": "grant", "card": alice}
    asked = {**granted(bob), "confidential": True}
    assert refused(page, "grant.make", grants=[asked], **params).data["reason"] == "confidential"
    kept.take(make(page, kept, [granted(bob, "manager")], alice))
    kept.rotated(page, alice, holders=[alice_card, bob])
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": page.card("Bob")})
    for epoch in (1, 2):
        error = refused(page, "storage.keys", handle=opened["handle"], items=[{**items[0], "epoch": epoch}])
        assert (error.name, error.data["reason"]) == ("KEY_USE_DENIED", "confidential")
    own = kept.open(page, kept.grant_of("card", sample_pki.cards["alice"].rpps_number), {"card": alice})
    assert page.call("storage.keys", handle=own["handle"], items=items)["keys"] == [key]
    assert page.call("storage.keys", handle=own["handle"], items=[{**items[0], "epoch": 2}])["keys"] != [key]


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
    items = [{"class": "confidential", "id": "0a", "epoch": 1}]
    (key,) = page.call("storage.keys", handle=kept.handle, items=items)["keys"]
    first = by_a_manager(page, kept, alice, alice_card, sample_pki)
    newest = kept.sealed(kept.grant_of("card", sample_pki.cards["alice"].rpps_number))
    alone = page.call("mailbox.open", **newest, unlock={"card": alice})
    assert refused(page, "storage.keys", handle=alone["handle"], items=items).data["reason"] == "confidential"
    both = page.call("mailbox.open", **newest, older=first, unlock={"card": alice})
    assert both["epochs"] == [1, 2]
    assert page.call("storage.keys", handle=both["handle"], items=items)["keys"] == [key]
    kept.handle = both["handle"]
    bob = card_of(sample_pki, "bob", "encryption")
    kept.rotated(page, alice, holders=[alice_card, bob])
    own = kept.open(page, kept.grant_of("card", sample_pki.cards["alice"].rpps_number), {"card": alice})
    assert page.call("storage.keys", handle=own["handle"], items=items)["keys"] == [key]


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


def test_a_page_that_leaves_while_it_asks_takes_its_question_away(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    """Nothing is signed, and the next page of the same site goes on where the log is."""
    bridge.set_pins({"CPS-0001": "1234", "delay": 5})
    grants = [granted(card_of(sample_pki, "bob", "encryption"))]
    params = {"handle": kept.handle, "evidence": kept.evidence(), "kind": "grant", "card": alice}
    with bridge.page() as leaving:
        own = {**params, "card": leaving.card("Alice"), "grants": grants}
        leaving.send({"jsonrpc": "2.0", "id": 99, "method": "grant.make", "params": leaving.fitting(own)})
        end = time.monotonic() + 10
        while not any("Bob LEFÈVRE" in shown for shown in confirmations(bridge)):
            assert time.monotonic() < end
            time.sleep(0.05)
    bridge.set_pins({"CPS-0001": "1234"})
    kept.take(make(page, kept, grants, alice))
    assert len(kept.entries) == 2
