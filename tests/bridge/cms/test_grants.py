"""Grants: security.md §6 tests 4 to 7 and 17."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.cms import ber
from bridge.cms.ber import encode
from bridge.cms.errors import GrantRefused
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    HolderKind,
    PasskeyRecipient,
    Role,
    build_grant,
    open_grant,
    open_grant_with_key,
    open_grant_with_prf,
    parse_grant,
)
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.pki.certificates import certificate_sha256
from tests.vectors.cast import CREDENTIAL_ID, NOW, PRF, Cast, Holding
from tests.vectors.make_vectors import forged_context, forged_keys, with_body


def reason_of(refused: pytest.ExceptionInfo[GrantRefused]) -> str:
    return refused.value.reason


@pytest.mark.capability("CO12")
@pytest.mark.parametrize("algorithm", ["auto", "rsa-pkcs1", "rsa-oaep-sha256", "rsa-oaep-sha1"])
def test_card_opens_its_grant(cast: Cast, algorithm: str) -> None:
    grant = parse_grant(build_grant(cast.body(), cast.keys, CardRecipient(cast.card.certificate, algorithm)))  # type: ignore[arg-type]
    opened = open_grant_with_key(grant, cast.card.key)
    assert opened.to_der() == cast.keys.to_der()


def test_ec_card_opens_its_grant(cast: Cast, p384: Holding) -> None:
    holder = replace(cast.body().holder, reference=certificate_sha256(p384.certificate))
    grant = parse_grant(build_grant(cast.body(holder=holder), cast.keys, CardRecipient(p384.certificate)))
    assert open_grant_with_key(grant, p384.key).storage_key == cast.storage_key


def test_passkey_opens_its_grant(cast: Cast) -> None:
    grant = parse_grant(build_grant(cast.passkey_body(), cast.keys, PasskeyRecipient(CREDENTIAL_ID, PRF)))
    assert open_grant_with_prf(grant, CREDENTIAL_ID, PRF).storage_key == cast.storage_key


def test_body_is_read_as_written(cast: Cast) -> None:
    for not_after in (None, NOW + timedelta(days=3)):
        for role in Role:
            body = cast.body(not_after=not_after, role=role)
            assert GrantBody.from_der(body.to_der()) == body


def test_keys_are_never_printed(cast: Cast) -> None:
    assert repr(cast.keys) == "MailboxKeys()"
    assert "prf" not in repr(PasskeyRecipient(CREDENTIAL_ID, PRF))


def card_grant(cast: Cast) -> bytes:
    return build_grant(cast.body(), cast.keys, CardRecipient(cast.card.certificate))


@pytest.mark.negative(4)
def test_grant_moved_to_another_mailbox_is_refused(cast: Cast) -> None:
    with pytest.raises(GrantRefused) as refused:
        parse_grant(with_body(card_grant(cast), cast.body(mailbox_id=bytes(16)).to_der()))
    assert reason_of(refused) == "context"


@pytest.mark.negative(4)
def test_grant_moved_with_its_context_rewritten_fails_its_tag(cast: Cast) -> None:
    body = cast.body()
    grant = build_grant(body, cast.keys, CardRecipient(cast.card.certificate))
    forged = forged_context(grant, body.to_der(), replace(body, mailbox_id=bytes(16)).to_der())
    with pytest.raises(GrantRefused) as refused:
        open_grant_with_key(parse_grant(forged), cast.card.key)
    assert reason_of(refused) == "sealed"


@pytest.mark.parametrize(
    "change",
    [
        {"not_after": NOW + timedelta(days=9)},
        {"role": Role.MANAGER},
        {"epoch": 2},
        {"history_from_epoch": 0},
        {"log_seq": 7},
    ],
)
@pytest.mark.negative(5)
def test_edited_body_is_refused(cast: Cast, change: dict[str, object]) -> None:
    body = cast.body()
    grant = build_grant(body, cast.keys, CardRecipient(cast.card.certificate))
    with pytest.raises(GrantRefused) as refused:
        parse_grant(with_body(grant, replace(body, **change).to_der()))  # type: ignore[arg-type]
    assert reason_of(refused) == "context"


@pytest.mark.negative(6)
def test_keys_that_do_not_match_are_refused(cast: Cast) -> None:
    foreign = MailboxKeys(cast.outsider.key, cast.signature.key, cast.storage_key)
    with pytest.raises(GrantRefused) as refused:
        open_grant_with_key(parse_grant(forged_keys(cast, foreign)), cast.card.key)
    assert reason_of(refused) == "spki-mismatch"


def test_builder_refuses_keys_that_do_not_match(cast: Cast) -> None:
    foreign = MailboxKeys(cast.outsider.key, cast.signature.key, cast.storage_key)
    with pytest.raises(ValueError, match="other keys"):
        build_grant(cast.body(), foreign, CardRecipient(cast.card.certificate))
    with pytest.raises(ValueError, match="another holder"):
        build_grant(cast.body(), cast.keys, CardRecipient(cast.outsider.certificate))


@pytest.mark.negative(7)
def test_corrupted_prime_is_refused(cast: Cast) -> None:
    good = cast.encryption.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for number in (cast.encryption.key.private_numbers().p, cast.encryption.key.private_numbers().q):
        prime = number.to_bytes(192, "big")
        bad = good.replace(prime, prime[:-1] + bytes((prime[-1] ^ 2,)))
        assert bad != good
        der = cast.keys.to_der().replace(good, bad)
        with pytest.raises(GrantRefused) as refused:
            MailboxKeys.from_der(der)
        assert reason_of(refused) == "key-invalid"


def test_storage_key_of_another_length_is_refused(cast: Cast) -> None:
    short = replace(cast.keys, storage_key=bytes(31))
    with pytest.raises(GrantRefused):
        MailboxKeys.from_der(short.to_der())


@pytest.mark.negative(17)
def test_prf_of_another_credential_is_refused(cast: Cast) -> None:
    grant = parse_grant(build_grant(cast.passkey_body(), cast.keys, PasskeyRecipient(CREDENTIAL_ID, PRF)))
    with pytest.raises(GrantRefused) as refused:
        open_grant_with_prf(grant, b"another credential", PRF)
    assert reason_of(refused) == "recipient-mismatch"
    with pytest.raises(GrantRefused) as refused:
        open_grant_with_prf(grant, CREDENTIAL_ID, hashlib.sha256(b"other").digest())
    assert reason_of(refused) == "sealed"


def test_kek_depends_on_mailbox_and_epoch(cast: Cast) -> None:
    from bridge.cms.kdf import prf_kek

    keks = {prf_kek(PRF, mailbox, epoch) for mailbox in (bytes(16), cast.mailbox_id) for epoch in (1, 2)}
    assert len(keks) == 4


def test_wrong_content_key_is_refused(cast: Cast) -> None:
    for key in (bytes(32), b"", bytes(16)):
        with pytest.raises(GrantRefused) as refused:
            open_grant(parse_grant(card_grant(cast)), key)
        assert reason_of(refused) == "sealed"


def test_every_altered_byte_is_refused(cast: Cast) -> None:
    grant = card_grant(cast)
    for place in range(0, len(grant), 5):
        altered = grant[:place] + bytes((grant[place] ^ 1,)) + grant[place + 1 :]
        try:
            opened = open_grant_with_key(parse_grant(altered), cast.card.key)
        except GrantRefused:
            continue
        # Only the name of the recipient and version numbers are not authenticated; neither is believed.
        assert opened.to_der() == cast.keys.to_der()
        assert parse_grant(altered).body_der == parse_grant(grant).body_der


def test_body_must_be_der(cast: Cast) -> None:
    der = cast.body().to_der()
    body = ber.read(der)
    long_form = b"\x30\x83" + (len(der) - body.body).to_bytes(3, "big") + der[body.body :]
    for bad in (long_form, encode(ber.SEQUENCE), der + b"\0", b"", der.replace(b"\x0a\x01\x03", b"\x0a\x01\x09")):
        with pytest.raises(GrantRefused):
            GrantBody.from_der(bad)


def test_grant_with_two_recipients_is_refused(cast: Cast) -> None:
    from bridge.cms import algorithms
    from bridge.cms.enveloped import build_enveloped
    from bridge.cms.recipients import CertificateRecipient

    body = cast.body().to_der()
    both = [CertificateRecipient(one.certificate) for one in (cast.card, cast.outsider)]
    context = {algorithms.PLI_CONTEXT: encode(ber.OCTET_STRING, hashlib.sha256(body).digest())}
    sealed = build_enveloped(cast.keys.to_der(), both, content_type=algorithms.ID_MAILBOX_KEYS, auth_attributes=context)
    with pytest.raises(GrantRefused):
        parse_grant(encode(ber.SEQUENCE, body, sealed))


def test_holder_kinds_survive(cast: Cast) -> None:
    for kind in (HolderKind.CARD, HolderKind.PASSKEY, HolderKind.SERVICE):
        body = cast.body(holder=replace(cast.body().holder, kind=kind))
        assert GrantBody.from_der(body.to_der()).holder.kind is kind


def test_key_of_an_unknown_kind_is_refused(cast: Cast) -> None:
    der = cast.keys.to_der().replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017d"))
    with pytest.raises(GrantRefused) as refused:
        MailboxKeys.from_der(der)
    assert reason_of(refused) == "key-invalid"
