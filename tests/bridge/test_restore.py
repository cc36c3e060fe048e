"""A restored backup: the older log is refused, until the operator's statement is there and a person agreed (real bridge, real vault)."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.cms.messages import Signer
from bridge.cms.restore import RestoreStatement, build_restore
from bridge.cms.signed import software_signer
from bridge.pki.issue import Authority, utc_now
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.acting import make, refused
from tests.bridge.conftest import ALICE
from tests.bridge.log_keeper import LogKeeper, card_of, granted
from tests.bridge.operator_side import Account
from tests.bridge.running import Page, RunningBridge


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


@pytest.fixture
def restored(page: Page, account: Account, sample_pki: SamplePki, alice: str) -> LogKeeper:
    """The backup of a mailbox, from before an act that this bridge has seen."""
    kept = LogKeeper.of(sample_pki, ALICE, account)
    before = list(kept.entries)
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    page.call("mailbox.members", handle=kept.handle, evidence=kept.evidence())
    kept.entries = before
    return kept


def statement(pki: SamplePki, kept: LogKeeper, time: datetime | None = None, **changes: Any) -> bytes:
    facts = {"mailbox_id": bytes.fromhex(kept.mailbox_id), "seq": 0, "head": hashlib.sha256(kept.entries[0]).digest()}
    stated = RestoreStatement(**{**facts, **changes}, time=time or utc_now())  # type: ignore[arg-type]
    return build_restore(stated, authority(Authority.load(pki.directory / "operator-ca")))


def authority(one: Authority) -> Signer:
    return Signer(one.certificate, one.chain, software_signer(one.private_key))  # type: ignore[arg-type]


def sealed(kept: LogKeeper) -> dict[str, Any]:
    rpps = kept.pki.cards["alice"].rpps_number
    return kept.sealed(kept.grant_of("card", rpps))


@pytest.mark.negative(73)
@pytest.mark.negative(8)
def test_an_older_log_needs_statement_and_person(
    bridge: RunningBridge, page: Page, restored: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    opening = {**sealed(restored), "unlock": {"card": alice}}
    error = refused(page, "mailbox.open", **opening)
    assert (error.name, error.data["reason"]) == ("LOG_REFUSED", "rollback")
    stated = statement(sample_pki, restored)
    bridge.set_pins({"cancel": "confirm", "CPS-0001": "1234"})
    assert refused(page, "mailbox.open", **opening, restore=stated).name == "USER_CANCELLED"
    assert refused(page, "mailbox.open", **opening).name == "LOG_REFUSED"  # nothing was forgotten
    bridge.set_pins({"CPS-0001": "1234"})
    assert page.call("mailbox.open", **opening, restore=stated)["logSeq"] == 0
    shown = bridge.prompts("confirm")[-1]["description"]
    now = utc_now()
    assert all(fact in shown for fact in (ALICE, f"{now.day} {now:%B} {now.year}", "act no. 0"))
    restored.handle = page.call("mailbox.open", **opening)["handle"]
    restored.take(make(page, restored, [granted(card_of(sample_pki, "hugo", "authentication"))], alice))
    asked = len(bridge.prompts("confirm"))
    again = page.call("mailbox.open", **{**sealed(restored), "unlock": {"card": alice}}, restore=stated)
    assert (again["logSeq"], len(bridge.prompts("confirm"))) == (1, asked)  # nothing has to be forgotten any more


def test_a_statement_serves_once(page: Page, restored: LogKeeper, alice: str, sample_pki: SamplePki) -> None:
    stated, opening = statement(sample_pki, restored), {**sealed(restored), "unlock": {"card": alice}}
    opened = page.call("mailbox.open", **opening, restore=stated)
    restored.handle = opened["handle"]
    before = list(restored.entries)
    restored.take(make(page, restored, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    page.call("mailbox.members", handle=restored.handle, evidence=restored.evidence())
    restored.entries = before
    error = refused(page, "mailbox.open", **opening, restore=stated)
    assert (error.name, error.data["reason"]) == ("LOG_REFUSED", "rollback")


@pytest.mark.negative(73)
def test_a_statement_of_before_what_was_seen_undoes_nothing(
    bridge: RunningBridge, page: Page, restored: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    """An operator who once put back a backup kept the statement: it does not take back what was done since."""
    asked = len(bridge.prompts("confirm"))
    stated = statement(sample_pki, restored, utc_now() - timedelta(minutes=1))
    error = refused(page, "mailbox.open", **sealed(restored), unlock={"card": alice}, restore=stated)
    assert (error.name, error.data["reason"]) == ("LOG_REFUSED", "rollback")
    assert len(bridge.prompts("confirm")) == asked


@pytest.mark.parametrize("case", ["other-mailbox", "other-head", "future", "other-signer", "altered"])
def test_what_the_operator_did_not_say_changes_nothing(
    bridge: RunningBridge, page: Page, restored: LogKeeper, alice: str, sample_pki: SamplePki, case: str
) -> None:
    stated = {
        "other-mailbox": lambda: statement(sample_pki, restored, mailbox_id=bytes(16)),
        "other-head": lambda: statement(sample_pki, restored, head=bytes(32)),
        "future": lambda: statement(sample_pki, restored, utc_now() + timedelta(hours=1)),
        "other-signer": lambda: build_restore(
            RestoreStatement(
                bytes.fromhex(restored.mailbox_id), 0, hashlib.sha256(restored.entries[0]).digest(), utc_now()
            ),
            authority(sample_pki.branches["partner"].issuing),
        ),
        "altered": lambda: statement(sample_pki, restored)[:-1] + b"\0",
    }[case]()
    asked = len(bridge.prompts("confirm"))
    error = refused(page, "mailbox.open", **sealed(restored), unlock={"card": alice}, restore=stated)
    assert error.name == "LOG_REFUSED"
    assert len(bridge.prompts("confirm")) == asked
