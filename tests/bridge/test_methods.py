"""The methods against a real bridge process with software cards: what a practitioner does in a day, and what goes wrong."""

import base64
import json
import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.messages import verify_message
from bridge.cms.objects import derive_object_key
from bridge.cms.seal import seal
from bridge.pki import web_eid
from bridge.pki.anchors import AnchorStore
from bridge.pki.certificates import load_certificate
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import Account, certify, open_account
from tests.bridge.running import BridgeError, Page, RunningBridge

LETTER = b"From: Alice <alice@pli.example>\r\nTo: bob@pli.example\r\nSubject: Compte rendu\r\n\r\nBonjour\r\n"


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def challenge() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def recipient(account: Account, label: str) -> tuple[Any, dict[str, Any]]:
    sealed = seal(b"content", load_certificate(account.sealed["encryptionCertificate"]), label)
    enveloped = parse_enveloped(sealed)
    algorithm = enveloped.content_algorithm.oid
    return enveloped, {"recipientInfo": enveloped.recipients[0].der, "contentAlgorithm": algorithm}


def refused(page: Page, method: str, **params: Any) -> BridgeError:
    with pytest.raises(BridgeError) as error:
        page.call(method, **params)
    return error.value


def test_cards_are_listed_by_what_their_certificates_say(page: Page) -> None:
    cards = {card["label"]: card for card in page.call("card.list")["cards"]}
    assert [key["use"] for key in cards["CPS Bob Lefèvre"]["keys"]] == ["authentication", "encryption", "signature"]
    assert {card["state"] for card in cards.values()} == {"ready"}
    assert cards["CPS Alice Martin"]["tries"] == 3
    assert "CPS-0001" not in json.dumps(cards)  # serials stay in the bridge


@pytest.mark.capability("CO4")
def test_a_card_logs_in_with_one_pin(bridge: RunningBridge, page: Page, alice: str, sample_pki: SamplePki) -> None:
    asked = challenge()
    token = page.call("auth.token", card=alice, challenge=asked)
    anchors = AnchorStore.load(sample_pki.anchor_entries(), sample_pki.directory)
    chain = [load_certificate((sample_pki.directory / "cards" / "alice" / "chain.pem").read_bytes())]
    facts = {"anchors": anchors, "chain": chain, "crls": sample_pki.crls(), "at": datetime.now(UTC)}
    assert web_eid.verify_token(token, challenge=asked, origin=bridge.origin, **facts).revocation == "good"
    assert len(bridge.prompts("pin")) == 1
    shown = bridge.prompts("pin")[0]["description"]
    for fact in (bridge.origin, "Demo reader alice", "CPS Alice Martin", "Tries left: 3", "Log in"):
        assert fact in shown


def test_one_pin_logs_in_opens_the_account_and_signs(
    bridge: RunningBridge, page: Page, alice: str, sample_pki: SamplePki
) -> None:
    page.call("auth.token", card=alice, challenge=challenge())
    account = open_account(page, sample_pki.directory, ALICE, {"card": alice})
    page.call("mailbox.open", **account.with_unlock({"card": alice}))
    signature = page.call("message.sign", handle=account.handle, card=alice, messages=[LETTER])["signatures"][0]
    verified = verify_message(base64.b64decode(signature), LETTER)
    assert verified.card is not None
    assert abs((verified.mailbox.signing_time or datetime.min.replace(tzinfo=UTC)) - datetime.now(UTC)).seconds < 60
    assert len(bridge.prompts("pin")) == 1
    consents = [prompt["description"] for prompt in bridge.prompts("confirm")]
    assert ALICE in consents[0]
    assert "To: bob@pli.example" in consents[1]
    assert "Subject: Compte rendu" in consents[1]
    assert "20 signatures for 15 min" in consents[1]


def test_one_consent_covers_twenty_signatures_and_no_more(bridge: RunningBridge, page: Page, account: Account) -> None:
    before = len(bridge.prompts("confirm"))
    for _ in range(20):
        page.call("message.sign", handle=account.handle, messages=[LETTER])
    assert len(bridge.prompts("confirm")) == before + 1
    page.call("message.sign", handle=account.handle, messages=[LETTER])
    assert len(bridge.prompts("confirm")) == before + 2
    for _ in range(9):
        page.call("message.sign", handle=account.handle, messages=[LETTER])
    assert refused(page, "message.sign", handle=account.handle, messages=[LETTER]).name == "RATE_LIMITED"
    assert page.call("message.sign", handle=account.handle, messages=[LETTER, LETTER])["signatures"]


def test_a_mailbox_signs_for_its_own_address_only(page: Page, account: Account) -> None:
    for author in (b"bob@pli.example", b"alice@pli.example, bob@pli.example", b""):
        forged = b"From: " + author + b"\r\nTo: x@pli.example\r\n\r\n"
        assert refused(page, "message.sign", handle=account.handle, messages=[forged]).name == "KEY_USE_DENIED"


def test_a_signature_needs_consent(bridge: RunningBridge, page: Page, account: Account) -> None:
    bridge.set_pins({"cancel": "confirm"})
    assert refused(page, "message.sign", handle=account.handle, messages=[LETTER]).name == "USER_CANCELLED"


def test_object_keys_are_derived_and_the_storage_key_stays(page: Page, account: Account) -> None:
    items = [{"class": "pack", "id": "0a"}, {"class": "draft", "id": "0a"}, {"class": "pack", "id": "0a"}]
    keys = [base64.b64decode(key) for key in page.call("storage.keys", handle=account.handle, items=items)["keys"]]
    assert keys[0] == keys[2] != keys[1]
    assert derive_object_key(bytes(32), "pack", "0a") != keys[0]
    refusal = refused(page, "storage.keys", handle=account.handle, items=[{"class": "history", "id": "1"}])
    assert refusal.data["member"] == "items[0].class"


def test_unwrap_opens_the_label_of_its_class_only(page: Page, account: Account) -> None:
    for label, item_class, opens in (
        ("pli-message", "message", True),
        ("pli-summary", "summary", True),
        ("pli-message", "summary", False),
        ("pli-summary", "message", False),
    ):
        enveloped, item = recipient(account, label)
        answer = page.call("key.unwrap", handle=account.handle, items=[item], **{"class": item_class})
        key = base64.b64decode(answer["items"][0]["cek"])
        assert len(key) == 32
        assert opens == _opens(enveloped, key)


def _opens(enveloped: Any, key: bytes) -> bool:
    try:
        return bool(enveloped.decrypt(key) == b"content")
    except Exception:  # noqa: BLE001 (whatever the reason, it did not open)
        return False


def test_every_item_of_unwrap_is_answered_alike(page: Page, account: Account) -> None:
    """Rejections have the shape of answers, are stable, and differ by ciphertext."""
    _, good = recipient(account, "pli-message")
    flipped = {**good, "recipientInfo": good["recipientInfo"][:-1] + bytes([good["recipientInfo"][-1] ^ 1])}
    garbage = {**good, "recipientInfo": b"\x30\x03\x02\x01\x00"}
    empty = {**good, "recipientInfo": b""}
    items = [good, flipped, garbage, empty, flipped]
    answers = page.call("key.unwrap", handle=account.handle, items=items, **{"class": "message"})["items"]
    assert {frozenset(answer) for answer in answers} == {frozenset({"cek"})}
    assert {len(base64.b64decode(answer["cek"])) for answer in answers} == {32}
    assert answers[1] == answers[4]
    assert len({answer["cek"] for answer in answers}) == 4


def test_v15_is_rejected_implicitly(page: Page, sample_pki: SamplePki, alice: str) -> None:
    from bridge.cms.recipients import CertificateRecipient

    account = open_account(page, sample_pki.directory, ALICE, {"card": alice}, encryptionAlgorithm="rsa-3072")
    certificate = load_certificate(account.sealed["encryptionCertificate"])
    algorithm = "2.16.840.1.101.3.4.1.46"
    key = secrets.token_bytes(32)
    good = CertificateRecipient(certificate, "rsa-pkcs1").recipient_info(key)
    wrong_length = CertificateRecipient(certificate, "rsa-pkcs1").recipient_info(b"short")
    bad_padding = good[:-256] + secrets.token_bytes(256)
    items = [{"recipientInfo": info, "contentAlgorithm": algorithm} for info in (good, wrong_length, bad_padding)]
    answers = page.call("key.unwrap", handle=account.handle, items=items, **{"class": "message"})["items"]
    assert base64.b64decode(answers[0]["cek"]) == key
    assert [len(base64.b64decode(answer["cek"])) for answer in answers] == [32, 32, 32]
    assert not any(base64.b64decode(answer["cek"]).startswith(b"short") for answer in answers[1:])


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("grant", lambda value: value[:-1] + bytes([value[-1] ^ 1]), "does-not-open"),
        ("grant", lambda value: value[:40] + bytes([value[40] ^ 1]) + value[41:], None),
        ("grant", lambda _value: b"", "malformed"),
        ("bindings", lambda _value: [], "binding-missing"),
        ("encryptionCertificate", None, "certificate-mismatch"),
    ],
)
def test_a_changed_grant_does_not_open(
    page: Page, sample_pki: SamplePki, alice: str, account: Account, name: str, change: Any, reason: str | None
) -> None:
    sealed = dict(account.sealed)
    if change is None:
        other = open_account(page, sample_pki.directory, "other@pli.example", {"card": alice})
        sealed[name] = other.sealed[name]
    else:
        sealed[name] = change(sealed[name])
    error = refused(page, "mailbox.open", **sealed, unlock={"card": alice})
    assert error.name == "GRANT_REFUSED"
    assert reason in (None, error.data["reason"])


def test_another_card_is_not_the_holder(page: Page, account: Account) -> None:
    bob = page.card("Bob")
    assert refused(page, "mailbox.open", **account.with_unlock({"card": bob})).name == "RECIPIENT_MISMATCH"


def test_a_forked_log_is_refused(page: Page, sample_pki: SamplePki, alice: str, account: Account) -> None:
    """A second genesis for a mailbox the bridge has seen: signed by the same card, and still a fork."""
    request = page.call("certificate.request", address=ALICE, encryptionAlgorithm="p-384", signatureAlgorithm="p-256")
    certified = certify(sample_pki.directory, request)
    created = page.call(
        "mailbox.create",
        handle=request["handle"],
        mailboxId=account.mailbox_id,
        address=ALICE,
        holder={"card": alice},
        **certified,
    )
    assert created["epoch"] == 1
    error = refused(page, "mailbox.open", **account.with_unlock({"card": alice}))
    assert (error.name, error.data["reason"]) == ("LOG_REFUSED", "fork")


def test_an_empty_log_is_a_rollback(page: Page, alice: str, account: Account) -> None:
    sealed = {**account.sealed, "logEntries": []}
    error = refused(page, "mailbox.open", **sealed, unlock={"card": alice})
    assert (error.name, error.data["reason"]) == ("LOG_REFUSED", "rollback")


def test_a_revoked_or_expired_card_opens_no_account(page: Page, sample_pki: SamplePki) -> None:
    for label, reason in (("René", "certificate-revoked"), ("Érin", "certificate-expired")):
        with pytest.raises(BridgeError) as error:
            open_account(page, sample_pki.directory, "x@pli.example", {"card": page.card(label)})
        assert (error.value.name, error.value.data["reason"]) == ("GRANT_REFUSED", reason)


def test_a_card_with_an_encryption_key_holds_its_grant_by_oaep(page: Page, sample_pki: SamplePki) -> None:
    bob = page.card("Bob")
    account = open_account(page, sample_pki.directory, "bob@pli.example", {"card": bob})
    assert bytes.fromhex("06092a864886f70d010107") in account.sealed["grant"]  # id-RSAES-OAEP
    opened = page.call("mailbox.open", **account.with_unlock({"card": bob}))
    assert opened["identity"]["idValue"] == sample_pki.cards["bob"].rpps_number


@pytest.mark.capability("DN4")
def test_a_passkey_opens_without_a_card(bridge: RunningBridge, page: Page, sample_pki: SamplePki) -> None:
    passkey = {"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32)}
    named = {**passkey, "name": "Sans Carte", "idType": "", "idValue": ""}
    account = open_account(page, sample_pki.directory, "sans@pli.example", {"passkey": named})
    opened = page.call("mailbox.open", **account.with_unlock({"passkey": passkey}))
    assert opened["identity"]["level"] == "passkey"
    assert bridge.prompts("pin") == []
    wrong = {**passkey, "prf": secrets.token_bytes(32)}
    assert refused(page, "mailbox.open", **account.with_unlock({"passkey": wrong})).name == "GRANT_REFUSED"
    other = {**passkey, "credentialId": secrets.token_bytes(32)}
    assert refused(page, "mailbox.open", **account.with_unlock({"passkey": other})).name == "RECIPIENT_MISMATCH"


def test_a_wrong_pin_costs_one_try_and_is_not_sent_twice(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.set_pins({"CPS-0001": "9999"})
    error = refused(page, "auth.token", card=alice, challenge=challenge())
    assert (error.name, error.data["tries"]) == ("PIN_INCORRECT", 2)
    assert refused(page, "auth.token", card=alice, challenge=challenge()).data["tries"] == 2
    bridge.set_pins({"CPS-0001": "1234"})
    page.call("auth.token", card=alice, challenge=challenge())
    assert page.call("card.list")["cards"][0]["tries"] == 3


def test_no_page_opens_a_prompt_at_one_try_left(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.change_card("alice", tries=1)
    assert refused(page, "auth.token", card=alice, challenge=challenge()).name == "PIN_LAST_TRY"
    bridge.change_card("alice", tries=0)
    assert refused(page, "auth.token", card=alice, challenge=challenge()).name == "PIN_LOCKED"
    assert bridge.prompts() == []
    states = {card["label"]: card["state"] for card in page.call("card.list")["cards"]}
    assert states["CPS Alice Martin"] == "pin-locked"


def test_an_implausible_pin_never_reaches_the_card(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.set_pins({"CPS-0001": "12"})
    assert refused(page, "auth.token", card=alice, challenge=challenge()).data["tries"] == 3


@pytest.mark.negative(47)
def test_a_pulled_card_ends_the_session(bridge: RunningBridge, page: Page, alice: str, account: Account) -> None:
    page.call("card.subscribe")
    bridge.change_card("alice", inserted=False)
    began = time.monotonic()
    assert page.wait_for("card.removed", 2)["card"] == alice
    assert page.wait_for("session.ended", 2) == {"handle": account.handle, "reason": "card-removed"}
    assert time.monotonic() - began < 2
    items = [{"class": "pack", "id": "1"}]
    assert refused(page, "storage.keys", handle=account.handle, items=items).name == "HANDLE_UNKNOWN"
    assert refused(page, "auth.token", card=alice, challenge=challenge()).name == "NO_CARD"
    bridge.change_card("alice", inserted=True)
    assert page.wait_for("card.inserted", 2)["card"] == alice


def test_a_card_pulled_during_the_prompt_takes_it_away(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.set_pins({"CPS-0001": "1234", "delay": 5})
    threading.Timer(0.5, bridge.change_card, ("alice",), {"inserted": False}).start()
    began = time.monotonic()
    assert refused(page, "auth.token", card=alice, challenge=challenge()).name == "CARD_REMOVED"
    assert time.monotonic() - began < 3


def test_locking_ends_everything_of_the_origin(bridge: RunningBridge, page: Page, alice: str, account: Account) -> None:
    page.call("session.lock")
    assert page.wait_for("session.ended")["reason"] == "locked"
    assert page.call("bridge.status")["mailboxes"] == []
    before = len(bridge.prompts("pin"))
    page.call("mailbox.open", **account.with_unlock({"card": alice}))
    assert len(bridge.prompts("pin")) == before + 1


def test_letting_one_mailbox_go_keeps_the_card_open_for_the_others(
    bridge: RunningBridge, page: Page, alice: str, account: Account
) -> None:
    """A rotation leaves an older handle behind, and a person with two mailboxes closes one."""
    second = page.call("mailbox.open", **account.with_unlock({"card": alice}))["handle"]
    asked = len(bridge.prompts("pin"))
    page.call("session.lock", handle=account.handle)
    assert page.call("card.list")["cards"][0]["session"] is not None
    page.call("mailbox.open", **account.with_unlock({"card": alice}))
    assert len(bridge.prompts("pin")) == asked
    for one in page.call("bridge.status")["mailboxes"]:
        page.call("session.lock", handle=one["handle"])
    assert second
    assert page.call("card.list")["cards"][0]["session"] is None


def test_a_killed_vault_loses_the_mailboxes_and_comes_back(
    bridge: RunningBridge, page: Page, alice: str, account: Account
) -> None:
    import os
    import signal

    os.kill(bridge.facts["processes"]["vault"], signal.SIGKILL)
    assert page.wait_for("session.ended", 5)["handle"] == account.handle
    page.call("mailbox.open", **account.with_unlock({"card": alice}))


def test_certificates_are_shown_with_consent_once(fresh_bridge: RunningBridge) -> None:
    with fresh_bridge.page() as page:
        key = page.call("card.list")["cards"][0]["keys"][0]["key"]
        first = page.call("cert.get", card=page.card("Alice"), key=key)
        assert page.call("cert.get", card=page.card("Alice"), key=key) == first
    assert len(fresh_bridge.prompts("confirm")) == 1


def test_an_operator_address_needs_its_binding(page: Page, account: Account, sample_pki: SamplePki) -> None:
    item = {
        "certificate": account.sealed["encryptionCertificate"],
        "chain": account.sealed["chain"],
        "purpose": "encrypt",
        "address": ALICE,
    }
    bound = {**item, "binding": account.sealed["bindings"][0], "logEntry": account.sealed["logEntries"][0]}
    crls = sample_pki.crls()
    answers = page.call(
        "certificates.validate", items=[item, bound, {**bound, "address": "bob@pli.example"}], crls=crls
    )
    found = answers["items"]
    assert (found[0]["ok"], found[0]["reason"]) == (False, "binding-missing")
    assert found[1]["ok"]
    assert found[1]["revocation"] == "good"
    assert found[1]["identity"]["idValue"] == sample_pki.cards["alice"].rpps_number
    assert not found[2]["ok"]


def test_validation_says_why_not(page: Page, sample_pki: SamplePki) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    items = []
    for name in ("rene", "erin", "alice"):
        folder = sample_pki.directory / "cards" / name
        chain = x509.load_pem_x509_certificates((folder / "chain.pem").read_bytes())
        items.append(
            {
                "certificate": load_certificate((folder / "signature.pem").read_bytes()).public_bytes(Encoding.DER),
                "chain": [one.public_bytes(Encoding.DER) for one in chain],
                "purpose": "card-signature",
            }
        )
    found = page.call("certificates.validate", items=items, crls=sample_pki.crls())["items"]
    assert [item.get("error") for item in found] == ["certificate-revoked", "certificate-expired", None]
    assert found[2]["identity"]["name"] == "Alice MARTIN"


def test_the_signing_time_is_the_date_of_the_message(page: Page, account: Account) -> None:
    from datetime import timedelta
    from email.utils import format_datetime

    now = datetime.now(UTC).replace(microsecond=0)
    for date, kept in ((now - timedelta(minutes=10), True), (now - timedelta(days=3), False)):
        dated = b"Date: " + format_datetime(date).encode() + b"\r\n" + LETTER
        signature = page.call("message.sign", handle=account.handle, messages=[dated])["signatures"][0]
        assert (verify_message(base64.b64decode(signature), dated).mailbox.signing_time == date) is kept


def test_a_page_does_not_fill_the_vault_with_keys_it_never_uses(page: Page, alice: str) -> None:
    """The oldest that wait for a certificate make room; they cannot be used any more."""
    algorithms = {"encryptionAlgorithm": "p-384", "signatureAlgorithm": "p-256"}
    asked = [page.call("certificate.request", address="alice@pli.example", **algorithms) for _ in range(9)]
    unused = {"mailboxId": "0" * 32, "address": "alice@pli.example", "chain": [], "crls": [], "holder": {"card": alice}}
    certificates = {"encryptionCertificate": b"", "signatureCertificate": b""}
    with pytest.raises(BridgeError, match="HANDLE_UNKNOWN"):
        page.call("mailbox.create", handle=asked[0]["handle"], **unused, **certificates)
    with pytest.raises(BridgeError, match=r"GRANT_REFUSED|INVALID_PARAMS"):
        page.call("mailbox.create", handle=asked[1]["handle"], **unused, **certificates)
