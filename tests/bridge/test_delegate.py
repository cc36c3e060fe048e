"""A delegate's card signs for a mailbox of somebody else (docs/FORMATS.md, *For a mailbox*), with two real cards and the bridge."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.cms import algorithms
from bridge.cms.binding import Binding
from bridge.cms.delegation import Asked, Delegation, verify_delegation
from bridge.cms.errors import DelegationRefused
from bridge.cms.grants import CardRecipient, GrantBody, Holder, HolderKind, Role, build_grant
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, build_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.messages import Signer, verify_message
from bridge.cms.signed import software_signer
from bridge.origins import Origins
from bridge.pki import certificates
from bridge.pki.anchors import AnchorStore
from bridge.pki.health_identity import Identity
from bridge.pki.issue import Authority, issue_mailbox_certificate, utc_now
from bridge.pki.path import RevocationMode
from bridge.pki.requests import build_request, verify_request
from bridge.pki.sample_health_pki import SampleCard, SamplePki
from bridge.policy import Policy, PromptSetting
from bridge.validation import signer_validator
from tests.bridge.running import BridgeError, Page, RunningBridge

ADDRESS = "alice@pli.example"
LETTER = b"From: alice@pli.example\r\nTo: x@y.example\r\nSubject: Bilan\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n"


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


def card_certificate(pki: SamplePki, name: str, use: str) -> x509.Certificate:
    return certificates.load_certificate((pki.directory / "cards" / name / f"{use}.pem").read_bytes())


def card_signer(pki: SamplePki, name: str) -> Signer:
    folder = pki.directory / "cards" / name
    pin = pki.cards[name].pin.encode()
    key, certificate, _ = pkcs12.load_key_and_certificates((folder / "signature.p12").read_bytes(), pin)
    chain = certificates.load_certificates((folder / "chain.pem").read_bytes())
    assert certificate is not None
    return Signer(certificate, tuple(chain), software_signer(key))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Practice:
    """Alice's mailbox, and Bob, who may send for her."""

    pki: SamplePki
    body: GrantBody
    sealed: dict[str, Any]


@pytest.fixture
def practice(sample_pki: SamplePki) -> Practice:
    return made(sample_pki, Role.SENDER)


def made(pki: SamplePki, role: Role, until: timedelta = timedelta(days=1)) -> Practice:
    now, authority = utc_now() - timedelta(minutes=1), Authority.load(pki.directory / "operator-ca")
    keys = MailboxKeys(ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1()), bytes(32))
    encryption, signature = (
        issue_mailbox_certificate(
            authority, verify_request(build_request(key, ADDRESS)), use=use, not_before=now, not_after=now + timedelta(9)
        )
        for key, use in ((keys.encryption_key, "encryption"), (keys.signature_key, "signature"))
    )  # fmt: skip
    mailbox_id = secrets.token_bytes(16)
    spkis = {
        "encryption_spki": certificates.spki_sha256(encryption),
        "signature_spki": certificates.spki_sha256(signature),
    }
    owner = identity_in(pki, "alice")
    binding = Binding(mailbox_id, ADDRESS, 1, **spkis, not_before=now, not_after=now + timedelta(9), identity=owner)
    first = GrantBody(
        grant_id=secrets.token_bytes(16), mailbox_id=mailbox_id, address=ADDRESS, epoch=1, **spkis,
        encryption_certificate=certificates.certificate_sha256(encryption),
        signature_certificate=certificates.certificate_sha256(signature),
        holder=holder(pki, "alice", "authentication"), role=Role.OWNER, history_from_epoch=1,
        not_before=now, not_after=None, log_seq=0, prev_log_hash=NO_PREVIOUS,
    )  # fmt: skip
    signer = card_signer(pki, "alice")
    genesis = build_entry(
        LogEntry(mailbox_id, ADDRESS, 0, NO_PREVIOUS, now, LogKind.GENESIS, (first.digest,), (binding.digest,)), signer
    )
    previous = hashlib.sha256(genesis).digest()
    place = {"log_seq": 1, "prev_log_hash": previous, "not_after": now + until}
    body = replace(first, holder=holder(pki, "bob", "encryption"), role=role, **place)  # type: ignore[arg-type]
    entry = build_entry(LogEntry(mailbox_id, ADDRESS, 1, previous, now, LogKind.GRANT, (body.digest,), ()), signer)
    sealed = {
        "grant": build_grant(body, keys, CardRecipient(card_certificate(pki, "bob", "encryption"), "rsa-oaep-sha256")),
        "logEntries": [genesis, entry],
        "bodies": [first.to_der(), body.to_der()],
        "bindings": [binding.to_der()],
        "encryptionCertificate": certificates.der(encryption),
        "signatureCertificate": certificates.der(signature),
        "chain": [certificates.der(one) for one in (authority.certificate, *authority.chain)],
        "crls": pki.crls(),
    }
    return Practice(pki, body, sealed)


def identity_in(pki: SamplePki, name: str) -> Identity:
    card: SampleCard = pki.cards[name]
    return Identity("card", "RPPS", card.rpps_number, f"{card.given} {card.family.upper()}", card.title)


def holder(pki: SamplePki, name: str, use: str) -> Holder:
    who = identity_in(pki, name)
    reference = certificates.certificate_sha256(card_certificate(pki, name, use))
    return Holder(HolderKind.CARD, reference, who.id_type, who.id_value, who.name)


def signed(page: Page, practice: Practice, **card: str) -> bytes:
    bob = page.card("Bob")
    handle = page.call("mailbox.open", **practice.sealed, unlock={"card": bob})["handle"]
    answer = page.call("message.sign", handle=handle, messages=[LETTER], **card)
    return base64.b64decode(answer["signatures"][0])


def validator(pki: SamplePki) -> Any:
    anchors = AnchorStore.load(pki.anchor_entries(), pki.directory)
    policy = Policy(Origins([]), frozenset(), anchors, (), None, PromptSetting(), pki.directory)
    return signer_validator(policy, (), pki.crls(), RevocationMode.HARD)


def test_a_delegates_card_signs_for_the_mailbox(bridge: RunningBridge, page: Page, practice: Practice) -> None:
    message = verify_message(signed(page, practice, card=page.card("Bob")), LETTER)
    assert message.card is not None
    assert message.card.unverified_certificate == card_certificate(practice.pki, "bob", "signature")
    attribute = message.mailbox.attributes[algorithms.PLI_DELEGATION]
    assert Delegation.from_der(attribute).grant_body == practice.body.to_der()
    assert message.mailbox.signing_time is not None
    asked = Asked(
        address=ADDRESS,
        signing_time=message.mailbox.signing_time,
        signature_spki=certificates.spki_sha256(message.mailbox.unverified_certificate),
        card=identity_in(practice.pki, "bob"),
        granter=identity_in(practice.pki, "alice"),
    )
    validate = validator(practice.pki)
    assert verify_delegation(attribute, asked, validate_signer=validate).body == practice.body
    with pytest.raises(DelegationRefused):
        verify_delegation(attribute, replace(asked, card=asked.granter), validate_signer=validate)


def test_without_the_card_there_is_no_delegation(page: Page, practice: Practice) -> None:
    message = verify_message(signed(page, practice), LETTER)
    assert message.card is None
    assert algorithms.PLI_DELEGATION not in message.mailbox.attributes


def test_an_owner_needs_no_delegation(page: Page, account: Any, alice: str) -> None:
    for handle in (account.handle, page.call("mailbox.open", **account.with_unlock({"card": alice}))["handle"]):
        answer = page.call("message.sign", handle=handle, messages=[LETTER], card=alice)
        message = verify_message(base64.b64decode(answer["signatures"][0]), LETTER)
        assert message.card is not None
        assert algorithms.PLI_DELEGATION not in message.mailbox.attributes


def test_a_reader_signs_nothing(page: Page, sample_pki: SamplePki) -> None:
    with pytest.raises(BridgeError) as refused:
        signed(page, made(sample_pki, Role.READER), card=page.card("Bob"))
    assert refused.value.name == "KEY_USE_DENIED"


def test_a_grant_that_a_stranger_listed_opens_nothing(page: Page, practice: Practice) -> None:
    genesis, entry = practice.sealed["logEntries"]
    forged = build_entry(
        LogEntry(
            practice.body.mailbox_id, ADDRESS, 1, practice.body.prev_log_hash, practice.body.not_before, LogKind.GRANT,
            (practice.body.digest,), (),
        ),
        card_signer(practice.pki, "bob"),
    )  # fmt: skip
    assert forged != entry
    with pytest.raises(BridgeError) as refused:
        page.call(
            "mailbox.open", **{**practice.sealed, "logEntries": [genesis, forged]}, unlock={"card": page.card("Bob")}
        )
    assert (refused.value.name, refused.value.data["reason"]) == ("GRANT_REFUSED", "signer-not-manager")
