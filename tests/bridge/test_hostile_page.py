"""A page with full use of its paired socket: what it can never get, whatever it asks."""

import base64
import contextlib
import json
import random
import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.seal import seal
from bridge.pki.certificates import load_certificate
from bridge.pki.sample_health_pki import SamplePki
from bridge.schemas import METHODS
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import Account, open_account
from tests.bridge.running import BridgeError, Page, RunningBridge

_BASE64 = re.compile(rb'"([A-Za-z0-9+/]{16,}={0,2})"')


def private_keys_in(replies: list[bytes]) -> list[bytes]:
    """Every run of bytes in a reply that parses as a private key, at any offset where a SEQUENCE begins."""
    found = []
    for value in {match for reply in replies for match in _BASE64.findall(reply)}:
        if len(value) % 4:
            continue  # a hex name, not base64
        data = base64.b64decode(value)
        found += [data[start:] for start in range(len(data)) if data[start] == 0x30 and _is_private_key(data[start:])]
    return found


def _is_private_key(data: bytes) -> bool:
    try:
        load_der_private_key(data, None)
    except Exception:  # noqa: BLE001 (any failure says it is none)
        return False
    return True


def test_the_search_finds_a_key() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert private_keys_in([b'{"x":"' + base64.b64encode(b"abc" + der) + b'"}'])


@pytest.mark.negative(46)
def test_no_reply_ever_holds_a_private_or_storage_key(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki, alice: str
) -> None:
    passkey = {"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32)}
    named = {**passkey, "name": "N", "idType": "", "idValue": ""}
    accounts = [
        open_account(page, sample_pki.directory, ALICE, {"card": alice}),
        open_account(page, sample_pki.directory, "p@pli.example", {"passkey": named}),
    ]
    opened = page.call("mailbox.open", **accounts[1].with_unlock({"passkey": passkey}))
    for handle in (accounts[0].handle, opened["handle"]):
        _use_everything(page, handle, alice, accounts[0])
    assert private_keys_in(page.replies) == []
    storage_key = _storage_key(accounts[1], passkey)
    assert not any(base64.b64encode(storage_key) in reply for reply in page.replies)
    assert storage_key.hex().encode() not in b"".join(page.replies)


def _use_everything(page: Page, handle: str, card: str, account: Account) -> None:
    letter = b"From: alice@pli.example\r\nTo: x@pli.example\r\n\r\n"
    enveloped = parse_enveloped(seal(b"x", load_certificate(account.sealed["encryptionCertificate"]), "pli-message"))
    item = {
        "recipientInfo": enveloped.recipients[0].der,
        "contentAlgorithm": enveloped.content_algorithm.oid,
    }
    grant_item = {**item, "recipientInfo": _recipient_info(account.sealed["grant"])}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("bridge.status", {}),
        ("card.list", {}),
        (
            "storage.keys",
            {"handle": handle, "items": [{"class": "pack", "id": "00"}, {"class": "cek", "id": "pli/v1"}]},
        ),
        ("key.unwrap", {"handle": handle, "class": "message", "items": [item, grant_item]}),
        ("message.sign", {"handle": handle, "messages": [letter], "card": card}),
        ("message.sign", {"handle": handle, "messages": [letter]}),
        ("mailbox.open", account.with_unlock({"card": card})),
    ]
    for method, params in calls:
        outcome = name_of(page, method, params)
        assert outcome != "INTERNAL_ERROR"


def name_of(page: Page, method: str, params: dict[str, Any]) -> str:
    """How a call ended: "ok", or the error's name."""
    try:
        page.call(method, **params)
    except BridgeError as error:
        return error.name
    return "ok"


def _recipient_info(grant: bytes) -> bytes:
    from bridge.cms.grants import parse_grant

    return parse_grant(grant).recipient_info


def _storage_key(account: Account, passkey: dict[str, bytes]) -> bytes:
    from bridge.cms.grants import HolderKind, open_grant_with_secret, parse_grant

    return open_grant_with_secret(parse_grant(account.sealed["grant"]), HolderKind.PASSKEY, passkey["prf"]).storage_key


@pytest.mark.negative(60)
def test_nonsense_is_answered_by_name_and_survived(page: Page, alice: str, account: Account) -> None:
    """Every method with members of every wrong kind: always a typed error, never INTERNAL_ERROR, never a hang."""
    wrong: list[Any] = [None, True, -1, 2**70, "", "\u202e", "A" * 5000, [], {}, [[]], {"blob": "none"}, {"blob": 1}]
    dice = random.Random(1)
    members = ["handle", "card", "key", "items", "class", "grant", "unlock", "messages", "crls", "chain", "id", "data"]
    for method in METHODS:
        for _ in range(12):
            params = {name: dice.choice(wrong) for name in dice.sample(members, dice.randint(1, 4))}
            with pytest.raises(BridgeError) as error:
                page.call(method, **params)
            assert error.value.name in {"INVALID_PARAMS", "BLOB_UNKNOWN", "HANDLE_UNKNOWN"}
    assert page.call("bridge.status")["mailboxes"]


def test_another_origin_has_nothing_of_ours(sample_pki: SamplePki, tmp_path: Path) -> None:
    from tests.bridge.running import running_bridge

    origins = ["https://mail.pli.example", "http://bob.localhost:8000"]
    with contextlib.ExitStack() as stack:
        bridge = stack.enter_context(running_bridge(tmp_path, sample_pki.directory, origins=origins))
        ours, theirs = stack.enter_context(bridge.page()), stack.enter_context(bridge.page(origins[1]))
        card = ours.card("Alice")
        account = open_account(ours, sample_pki.directory, ALICE, {"card": card})
        assert theirs.card("Alice") != card
        for method, params in (
            ("auth.token", {"card": card, "challenge": "A" * 44}),
            ("storage.keys", {"handle": account.handle, "items": [{"class": "pack", "id": "1"}]}),
            ("session.lock", {"handle": account.handle}),
        ):
            with pytest.raises(BridgeError, match=r"NO_CARD|HANDLE_UNKNOWN"):
                theirs.call(method, **params)
        assert theirs.call("bridge.status")["mailboxes"] == []
        before = len(bridge.prompts("pin"))
        theirs.call("auth.token", card=theirs.card("Alice"), challenge="A" * 44)
        assert len(bridge.prompts("pin")) == before + 1  # our PIN opened nothing for them


def test_the_journal_holds_no_parameter(bridge: RunningBridge, page: Page, alice: str, account: Account) -> None:
    letter = b"From: alice@pli.example\r\nTo: secret-name@pli.example\r\nSubject: secret-word\r\n\r\nsecret-body"
    page.call("message.sign", handle=account.handle, card=alice, messages=[letter])
    lines = (bridge.folder / "state" / "journal.log").read_text("utf-8")
    everything = lines + (bridge.folder / "bridge.log").read_text("utf-8")
    for secret in ("secret-name", "secret-word", "secret-body", "1234", "CPS-0001", account.handle):
        assert secret not in everything
    last = json.loads(lines.splitlines()[-1])
    assert (last["method"], last["origin"], last["result"]) == ("message.sign", bridge.origin, "ok")
    assert len(last["key"]) == 16
