"""PKCS#11 through a real bridge and a real SoftHSM module, which can also crash, hang and lose its token."""

import base64
import os
import secrets
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.cms.messages import verify_message
from bridge.pki import web_eid
from bridge.pki.anchors import AnchorStore
from bridge.pki.sample_health_pki import SamplePki
from bridge.policy import Limits
from tests.bridge.card.conftest import HsmToken, hsm_bridge, rsa_token, with_issuer
from tests.bridge.operator_side import open_account
from tests.bridge.running import BridgeError, Page, RunningBridge

LETTER = b"From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: x\r\n\r\n"


def challenge() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def token(sample_pki: SamplePki, tmp_path: Path) -> HsmToken:
    """A CPS-like card: authentication (decrypts v1.5) and signature."""
    return rsa_token(sample_pki, tmp_path, uses=("signature", "authentication"))


@pytest.fixture
def bridge(token: HsmToken, sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    yield from hsm_bridge(token, tmp_path, sample_pki)


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        yield opened


@pytest.mark.capability("CO11", "CO12", "CO13")
def test_a_cps_like_token_logs_in_opens_and_signs(bridge: RunningBridge, page: Page, sample_pki: SamplePki) -> None:
    """Keys are found by their certificates: all labels say "Signature key", and CKA_ID 01 is the signature key."""
    card = page.call("card.list")["cards"][0]
    assert sorted(key["use"] for key in card["keys"]) == ["authentication", "signature"]
    asked = challenge()
    proof = page.call("auth.token", card=card["card"], challenge=asked)
    anchors = AnchorStore.load(sample_pki.anchor_entries(), sample_pki.directory)
    chain = [*sample_pki.branches["fort"].issuing.chain, sample_pki.branches["fort"].issuing.certificate]
    facts = {"anchors": anchors, "chain": chain, "crls": sample_pki.crls(), "at": datetime.now(UTC)}
    web_eid.verify_token(proof, challenge=asked, origin=bridge.origin, **facts)


@pytest.mark.capability("CO12")
def test_a_token_opens_its_mailbox_and_signs_with_one_pin(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki, tmp_path: Path
) -> None:
    card = page.card()
    account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": card})
    page.call("mailbox.open", **account.with_unlock({"card": card}))
    signature = page.call("message.sign", handle=account.handle, card=card, messages=[LETTER])["signatures"][0]
    assert verify_message(base64.b64decode(signature), LETTER).card is not None
    assert len(bridge.prompts("pin")) == 1


def test_a_wrong_pin_is_said_and_not_sent_twice(bridge: RunningBridge, page: Page, token: HsmToken) -> None:
    bridge.set_pins({token.serial: "0000"})
    for _ in range(2):
        with pytest.raises(BridgeError, match="PIN_INCORRECT"):
            page.call("auth.token", card=page.card(), challenge=challenge())
    bridge.set_pins({token.serial: "4321"})
    page.call("auth.token", card=page.card(), challenge=challenge())


@pytest.mark.parametrize("blow", [signal.SIGSEGV, signal.SIGSTOP])
def test_a_module_that_crashes_or_hangs_is_replaced(bridge: RunningBridge, page: Page, blow: signal.Signals) -> None:
    page.call("card.list")
    os.kill(_worker(page, bridge), blow)
    assert _list(page) in ("ok", "MODULE_CRASHED")  # the watcher may have noticed first
    cards = page.call("card.list")["cards"]
    assert len(cards) == 1
    page.call("auth.token", card=cards[0]["card"], challenge=challenge())


def test_a_hanging_module_is_waited_for_two_seconds_at_most() -> None:
    assert Limits().module_seconds <= 2


def _list(page: Page) -> str:
    try:
        page.call("card.list")
    except BridgeError as error:
        return error.name
    return "ok"


def _worker(page: Page, bridge: RunningBridge) -> int:
    return int(bridge.facts["processes"]["softhsm"])


def test_a_token_that_vanishes_ends_its_mailbox(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki, tmp_path: Path
) -> None:
    page.call("card.subscribe")
    card = page.card()
    account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": card})
    os.kill(_worker(page, bridge), signal.SIGKILL)
    (tmp_path / "tokens").rename(tmp_path / "pulled")
    (tmp_path / "tokens").mkdir()
    assert page.wait_for("card.removed", 4)["card"] == card
    assert page.wait_for("session.ended", 2)["handle"] == account.handle


def test_a_missing_library_is_named(sample_pki: SamplePki, tmp_path: Path) -> None:
    from tests.bridge.running import running_bridge

    modules = [{"id": "gone", "path": "/nowhere/libgone.so"}]
    with (
        running_bridge(tmp_path, sample_pki.directory, modules=modules, softwareCards=None) as bridge,
        bridge.page() as page,
    ):
        with pytest.raises(BridgeError) as error:
            page.call("card.list")
        assert error.value.name == "MODULE_MISSING"
        assert "/nowhere/libgone.so" in error.value.data["help"]
        assert page.call("bridge.status")["modules"] == [{"id": "gone", "state": "missing", "version": ""}]


def test_a_key_that_asks_at_each_use_asks_at_each_use(sample_pki: SamplePki, tmp_path: Path) -> None:
    token = rsa_token(sample_pki, tmp_path, uses=("authentication", "signature"), always=("signature",))
    for bridge in hsm_bridge(token, tmp_path, sample_pki):
        with bridge.page() as page:
            card = page.card()
            account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": card})
            assert len(bridge.prompts("pin")) == 2  # the session, and the genesis signature
            page.call("message.sign", handle=account.handle, card=card, messages=[LETTER, LETTER])
            assert len(bridge.prompts("pin")) == 4
            always = {key["use"]: key["always"] for key in page.call("card.list")["cards"][0]["keys"]}
            assert always == {"authentication": False, "signature": True}


def test_what_the_token_can_do_is_tried_not_believed(sample_pki: SamplePki, tmp_path: Path) -> None:
    """SoftHSM 2.6 lists OAEP and does it with SHA-1 only; a newer one may do SHA-256. Either way the grant opens."""
    token = rsa_token(sample_pki, tmp_path, uses=("authentication", "signature", "encryption"))
    for bridge in hsm_bridge(token, tmp_path, sample_pki):
        with bridge.page() as page:
            card = page.card()
            account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": card})
            assert bytes.fromhex("06092a864886f70d010107") in account.sealed["grant"]  # id-RSAES-OAEP
            page.call("mailbox.open", **account.with_unlock({"card": card}))


def test_the_worker_of_a_module_imports_no_cryptography() -> None:
    import subprocess
    import sys

    check = "import sys, bridge.card.worker, bridge.card.pkcs11; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, cwd=Path(__file__).parents[3]).returncode == 0
