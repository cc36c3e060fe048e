"""The whole way: logind says that the screen is locked or sleep begins, and every session of a real bridge ends."""

import os
import secrets
import signal

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.operator_side import open_account
from tests.bridge.presence.conftest import SESSION
from tests.bridge.presence.logind_stand_in import LogindStandIn
from tests.bridge.running import BridgeError, RunningBridge


@pytest.mark.parametrize(("absence", "reason"), [("lock", "screen-locked"), ("sleep", "suspended")])
def test_the_person_who_leaves_ends_everything(
    bridge: RunningBridge, logind: LogindStandIn, sample_pki: SamplePki, absence: str, reason: str
) -> None:
    with bridge.page() as page:
        page.call("card.subscribe")
        card = page.card("Alice")
        account = open_account(page, sample_pki.directory, "alice@pli.example", {"card": card})
        wanted = {"handle": account.handle, "items": [{"class": "draft", "id": secrets.token_hex(4)}]}
        assert page.call("storage.keys", **wanted)["keys"]
        if absence == "lock":
            logind.lock(SESSION)
        else:
            logind.sleep(begins=True)
        assert page.wait_for("session.ended", 10) == {"handle": account.handle, "reason": "locked"}
        assert page.wait_for("grant.ended", 10) == {"card": card, "reason": reason}
        with pytest.raises(BridgeError, match="HANDLE_UNKNOWN"):
            page.call("storage.keys", **wanted)
        before = len(bridge.prompts("pin"))
        page.call("mailbox.open", **account.with_unlock({"card": card}))
        assert len(bridge.prompts("pin")) == before + 1


@pytest.mark.capability("SE4")
def test_a_vault_that_hangs_does_not_keep_a_card_usable(
    bridge: RunningBridge, logind: LogindStandIn, sample_pki: SamplePki
) -> None:
    with bridge.page() as page:
        page.call("card.subscribe")
        card = page.card("Alice")
        account = open_account(page, sample_pki.directory, "alice@pli.example", {"card": card})
        os.kill(bridge.facts["processes"]["vault"], signal.SIGSTOP)
        logind.lock(SESSION)
        assert page.wait_for("grant.ended", 10) == {"card": card, "reason": "screen-locked"}
        assert page.wait_for("session.ended", 10) == {"handle": account.handle, "reason": "locked"}
        assert page.call("mailbox.open", **account.with_unlock({"card": card}))["handle"]


def test_a_prompt_goes_with_the_person(bridge: RunningBridge, logind: LogindStandIn) -> None:
    with bridge.page() as page:
        card = page.card("Alice")
        bridge.set_pins({"CPS-0001": "1234", "delay": 20})
        page.send({"jsonrpc": "2.0", "id": 77, "method": "auth.token", "params": {"card": card, "challenge": "A" * 44}})
        while not bridge.prompts("pin"):
            page.call("bridge.status")
        logind.lock(SESSION)
        answer = page._read(15)
        while answer.get("id") != 77:
            answer = page._read(15)
    assert answer["error"]["data"]["name"] in {"USER_CANCELLED", "CARD_REMOVED"}
