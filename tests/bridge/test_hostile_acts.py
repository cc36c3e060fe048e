"""Grants and acts that somebody tampered with, and rights that end, against the real vault process and real cards."""

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import build_enveloped
from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.recipients import CertificateRecipient
from bridge.pki import certificates
from bridge.pki.issue import Authority, certificate_builder, key_usage, sign, utc_now
from bridge.pki.sample_health_pki import SamplePki, issue_card_certificate
from tests.bridge.acting import confirmations, make, read, refused
from tests.bridge.card.conftest import LIBRARY, PIN, rsa_token, with_issuer
from tests.bridge.conftest import ALICE
from tests.bridge.desks import module_bridge
from tests.bridge.log_keeper import LogKeeper, card_of, granted, octets
from tests.bridge.operator_side import open_account
from tests.bridge.running import BridgeError, Page, RunningBridge
from tests.bridge.test_delegate import card_certificate, made


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def forged(pki: SamplePki, body: GrantBody, keys: bytes) -> bytes:
    """A grant to Bob's card as somebody writes it who may choose the sealed part, but not what the log lists."""
    der = body.to_der()
    sealed = build_enveloped(
        keys,
        [CertificateRecipient(card_certificate(pki, "bob", "encryption"), "rsa-oaep-sha256")],
        content_algorithm="aes-256-gcm",
        content_type=algorithms.ID_MAILBOX_KEYS,
        auth_attributes={algorithms.PLI_CONTEXT: encode(ber.OCTET_STRING, hashlib.sha256(der).digest())},
    )
    return encode(ber.SEQUENCE, der, sealed)


@pytest.mark.negative(6)
def test_keys_that_are_not_those_of_the_log_are_refused(page: Page, sample_pki: SamplePki) -> None:
    practice = made(sample_pki, Role.SENDER)
    foreign = MailboxKeys(ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1()), bytes(32))
    grant = forged(sample_pki, practice.body, foreign.to_der())
    error = refused(page, "mailbox.open", **{**practice.sealed, "grant": grant}, unlock={"card": page.card("Bob")})
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "does-not-open")


@pytest.mark.negative(7)
def test_a_corrupted_prime_is_refused_before_first_use(page: Page, sample_pki: SamplePki) -> None:
    practice, key = made(sample_pki, Role.SENDER), rsa.generate_private_key(65537, 3072)
    good = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    keys = MailboxKeys(key, ec.generate_private_key(ec.SECP256R1()), bytes(32)).to_der()
    for number in (key.private_numbers().p, key.private_numbers().q):
        prime = number.to_bytes(192, "big")
        bad = keys.replace(good, good.replace(prime, prime[:-1] + bytes([prime[-1] ^ 2])))
        grant = forged(sample_pki, practice.body, bad)
        error = refused(page, "mailbox.open", **{**practice.sealed, "grant": grant}, unlock={"card": page.card("Bob")})
        assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "does-not-open")


@pytest.mark.negative(5)
def test_a_later_end_is_not_what_the_log_lists(page: Page, sample_pki: SamplePki) -> None:
    practice = made(sample_pki, Role.SENDER)
    assert practice.body.not_after is not None
    later = replace(practice.body, not_after=practice.body.not_after + timedelta(days=90))
    grant = forged(sample_pki, later, b"")
    error = refused(page, "mailbox.open", **{**practice.sealed, "grant": grant}, unlock={"card": page.card("Bob")})
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "grant-not-listed")


@pytest.mark.negative(12)
def test_after_its_end_a_grant_opens_nothing(page: Page, sample_pki: SamplePki) -> None:
    practice = made(sample_pki, Role.SENDER, until=timedelta(seconds=30))  # which was half a minute ago
    error = refused(page, "mailbox.open", **practice.sealed, unlock={"card": page.card("Bob")})
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "expired")


@pytest.mark.negative(20)
@pytest.mark.parametrize("case", ["no-authority", "too-deep"])
def test_a_card_of_an_authority_that_is_none_gets_nothing(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki, case: str
) -> None:
    issuing, key = sample_pki.branches["standard"].issuing, rsa.generate_private_key(65537, 2048)
    usages, is_authority = (("digital_signature",), False) if case == "no-authority" else (("key_cert_sign",), True)
    name = x509.Name.from_rfc4514_string("CN=AC de trop,C=FR")
    now = utc_now()
    builder = certificate_builder(
        issuing, name, key.public_key(), not_before=now - timedelta(days=1), not_after=now + timedelta(days=9)
    )
    builder = builder.add_extension(key_usage(*usages), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    below = Authority(
        sign(builder, issuing), key, (issuing.certificate, *issuing.chain), "http://crl.pli.example/x.crl"
    )
    leaf = issue_card_certificate(
        sample_pki.cards["bob"], "encryption", below, rsa.generate_private_key(65537, 2048), now
    )
    chain = [certificates.der(one) for one in (below.certificate, *below.chain)]
    card = {"certificate": certificates.der(leaf), "chain": chain}
    error = refused(
        page,
        "grant.make",
        handle=kept.handle,
        evidence=kept.evidence(),
        kind="grant",
        card=alice,
        grants=[granted(card)],
    )
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "certificate-untrusted")


def test_a_second_manager_confirms_a_third(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"), "manager")], alice))
    kept.take(make(page, kept, [granted(card_of(sample_pki, "hugo", "authentication"), "manager")], alice))
    (waiting,) = kept.membership.pending
    params = {"evidence": kept.evidence(), "kind": "confirm", "hashes": [waiting.digest]}
    error = refused(page, "log.append", handle=kept.handle, card=alice, **params)
    assert error.data["reason"] == "confirm-self"
    bob = page.card("Bob")
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": bob})
    kept.take(page.call("log.append", handle=opened["handle"], card=bob, **params))
    assert not kept.membership.pending
    shown = bridge.prompts("confirm")[-1]["description"]
    assert all(fact in shown for fact in ("Hugo BLANC", "proposed by another manager", "manage access"))


def test_who_proposed_confirms_once_nobody_else_is_left_and_is_told_so(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    """In an act of its own: the one that ended the other manager did not also do without him."""
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"), "manager")], alice))
    bob = kept.membership.active[1].digest
    hugo = granted(card_of(sample_pki, "hugo", "authentication"), "manager")
    kept.take(make(page, kept, [hugo], alice, ends=[bob]))
    (waiting,) = kept.membership.pending
    params = {"evidence": kept.evidence(), "kind": "confirm", "hashes": [waiting.digest], "card": alice}
    kept.take(page.call("log.append", handle=kept.handle, **params))
    assert not kept.membership.pending
    shown = bridge.prompts("confirm")[-1]["description"]
    assert all(fact in shown for fact in ("Hugo BLANC", "whom you proposed", "Nobody else is left", "manage access"))
    assert "another manager" not in shown


def passkey_of(role: str) -> dict[str, Any]:
    passkey = {"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32), "name": "Clé"}
    return {**granted({}, role), "holder": {"passkey": passkey}}


@pytest.mark.parametrize(("role", "added", "ended"), [("owner", 1, 2), ("reader", 1, 1), ("owner", 2, 3)])
def test_one_new_way_in_hides_the_end_of_no_other(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, role: str, added: int, ended: int
) -> None:
    """A page that adds one passkey, or a weaker one, ends nothing else of the same person unsaid."""
    for _ in range(ended):
        kept.take(make(page, kept, [passkey_of("owner")], alice))
    ends = [one.digest for one in kept.membership.active if one.body.holder.kind is HolderKind.PASSKEY]
    assert len(ends) == ended
    asked = len(confirmations(bridge))
    make(page, kept, [passkey_of(role) for _ in range(added)], alice, ends=ends)
    assert ["End the access" in one for one in confirmations(bridge)[asked:]] == [False, True]


def test_a_passkey_in_the_place_of_a_card_ends_the_card_by_name(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    own = kept.membership.active[0].digest
    make(page, kept, [passkey_of("owner")], alice, ends=[own], kind="certChange")
    given, ended = confirmations(bridge)[-2:]
    number = sample_pki.cards["alice"].rpps_number
    assert "passkey that this site calls “Clé”, of Alice MARTIN, RPPS " + number in given
    assert "End the access" in ended
    assert "• card of Alice MARTIN, RPPS " + number in ended


def test_a_passkey_in_the_place_of_its_like_is_one_question(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str
) -> None:
    kept.take(make(page, kept, [passkey_of("reader")], alice))
    asked = len(confirmations(bridge))
    make(page, kept, [passkey_of("owner")], alice, ends=[kept.membership.active[1].digest])
    assert ["End the access" in one for one in confirmations(bridge)[asked:]] == [False]


def test_who_leaves_asks_nobody(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"), "reader")], alice))
    bob, own = page.card("Bob"), kept.membership.active[1].digest
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": bob})
    params = {"handle": opened["handle"], "evidence": kept.evidence(), "kind": "revoke", "card": bob}
    assert (
        refused(page, "log.append", hashes=[kept.membership.active[0].digest], **params).data["reason"]
        == "signer-not-manager"
    )
    kept.take(page.call("log.append", hashes=[own], **params))
    assert "Leave the mailbox" in bridge.prompts("confirm")[-1]["description"]


@pytest.mark.negative(12)
def test_an_open_mailbox_ends_when_the_log_says_so(
    page: Page, kept: LogKeeper, alice: str, sample_pki: SamplePki
) -> None:
    kept.take(make(page, kept, [granted(card_of(sample_pki, "bob", "encryption"))], alice))
    opened = kept.open(page, kept.grant_of("card", sample_pki.cards["bob"].rpps_number), {"card": page.card("Bob")})
    ended = page.call(
        "log.append", handle=kept.handle, evidence=kept.evidence(), kind="revoke",
        hashes=[kept.membership.active[1].digest], card=alice,
    )  # fmt: skip
    kept.take(ended)
    error = refused(page, "mailbox.members", handle=opened["handle"], evidence=kept.evidence())
    assert (error.name, error.data["reason"]) == ("GRANT_REFUSED", "ended")
    items = [{"class": "pack", "id": "1"}]
    assert refused(page, "storage.keys", handle=opened["handle"], items=items).name == "HANDLE_UNKNOWN"


def test_a_mailbox_without_card_rotates_by_itself_and_shares_with_nobody(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki
) -> None:
    first, second = ({"credentialId": secrets.token_bytes(32), "prf": secrets.token_bytes(32)} for _ in range(2))
    address = "sans@pli.example"
    named = {**first, "name": "Sans Carte", "idType": "", "idValue": ""}
    kept = LogKeeper.of(sample_pki, address, open_account(page, sample_pki.directory, address, {"passkey": named}))
    params = {"kind": "grant", "handle": kept.handle, "evidence": kept.evidence()}
    bob = granted(card_of(sample_pki, "bob", "encryption"))
    assert refused(page, "grant.make", grants=[bob], **params).data["reason"] == "passkey-cannot-share"
    another = {**granted({}, "owner"), "holder": {"passkey": {**second, "name": "Téléphone"}}}
    kept.take(page.call("grant.make", grants=[another], **params))
    kept.rotated(page, None)
    for passkey, grant in zip((first, second), list(kept.grants.values())[-2:], strict=True):
        opened = kept.open(page, grant, {"passkey": passkey})
        assert (opened["epochs"], opened["identity"]["level"]) == ([1, 2], "passkey")
        assert read(page, opened["handle"], kept.certified[1]["encryptionCertificate"], 1)
    assert bridge.prompts("pin") == []


@pytest.mark.skipif(not LIBRARY.exists(), reason="no SoftHSM library here")
def test_a_pkcs11_card_proves_grants_and_rotates(sample_pki: SamplePki, tmp_path: Path) -> None:
    """SoftHSM, which knows OAEP with SHA-1 alone: the proof says so, the grant is wrapped so, and one PIN entry is enough."""
    (tmp_path / "card").mkdir()
    token = rsa_token(sample_pki, tmp_path / "card", uses=("signature", "authentication", "encryption"))
    with module_bridge(tmp_path, sample_pki, LIBRARY, token.environment) as bridge, bridge.page() as page:
        bridge.set_pins({token.serial: PIN})
        (card,) = page.call("card.list")["cards"]
        learnt = {"chain": [certificates.der(sample_pki.branches["fort"].issuing.certificate)]}
        operator = with_issuer(sample_pki, tmp_path / "issuer")
        account = open_account(page, operator, ALICE, {"card": card["card"]})
        kept = LogKeeper.of(sample_pki, ALICE, account)
        proof = page.call("card.prove", card=card["card"])
        own = {"certificate": octets(proof["certificate"]), "proof": octets(proof["proof"]), **learnt}
        kept.rotated(page, card["card"], holders=[own])
        opened = kept.open(page, kept.grant_of("card"), {"card": card["card"]})
        assert opened["epochs"] == [1, 2]
        assert len(bridge.prompts("pin")) == 1


def test_the_page_learns_no_secret_of_an_act(page: Page, kept: LogKeeper, alice: str, alice_card: Any) -> None:
    """What comes back from a rotation is ciphertext, public keys and signatures: no member holds 32 octets that open anything."""
    answer = kept.rotated(page, alice, holders=[alice_card])
    assert set(answer) == {"grants", "bodies", "history", "binding", "logEntry", "epoch", "handle"}
    with pytest.raises(BridgeError) as error:
        page.call("storage.keys", handle=kept.handle, items=[{"class": "history", "id": "2"}])
    assert error.value.name == "INVALID_PARAMS"
