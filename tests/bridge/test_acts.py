"""Acts on a mailbox with a real bridge, a real vault process and software cards: members, grants, other ways in, endings."""

import secrets
import time
from typing import Any

import pytest

from bridge.cms.errors import LogRefused
from bridge.cms.grants import parse_grant
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.acting import confirmations, make, read, refused
from tests.bridge.conftest import ALICE
from tests.bridge.log_keeper import LogKeeper, card_of, granted, made_up_cards, octets
from tests.bridge.running import Page, RunningBridge


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


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
