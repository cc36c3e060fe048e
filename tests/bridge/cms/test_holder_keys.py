"""Holder keys: what a passkey, a recovery code and officers open with, and what an ex-delegate cannot make of them."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms import ber
from bridge.cms.errors import GrantRefused
from bridge.cms.grants import (
    CardRecipient,
    Grant,
    GrantBody,
    HolderKeyRecipient,
    HolderKind,
    build_grant,
    open_grant_with_prf,
    open_grant_with_secret,
    parse_grant,
)
from bridge.cms.holder_keys import derive_holder_key, derive_login_key, load_holder_key
from bridge.pki.certificates import spki
from tests.vectors.cast import CREDENTIAL_ID, PRF, Cast

KINDS = (HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER)


def granted(cast: Cast, kind: HolderKind, secret: bytes) -> Grant:
    body, recipient = cast.holder_key_body(kind, secret)
    return parse_grant(build_grant(body, cast.keys, recipient))


@pytest.mark.parametrize("kind", KINDS)
def test_secret_opens_its_grant(cast: Cast, kind: HolderKind) -> None:
    secret = os.urandom(32)
    grant = granted(cast, kind, secret)
    assert open_grant_with_secret(grant, kind, secret).storage_key == cast.storage_key


@pytest.mark.negative(17)
@pytest.mark.parametrize("kind", KINDS)
def test_other_secret_is_another_recipient(cast: Cast, kind: HolderKind) -> None:
    secret = os.urandom(32)
    grant = granted(cast, kind, secret)
    tries = [(kind, os.urandom(32)), *((other, secret) for other in KINDS if other is not kind)]
    for asked, value in tries:
        with pytest.raises(GrantRefused) as refused:
            open_grant_with_secret(grant, asked, value)
        assert refused.value.reason == "recipient-mismatch"


def test_key_of_one_mailbox_opens_no_other() -> None:
    secret = os.urandom(32)
    keys = [derive_holder_key(secret, mailbox, kind) for mailbox in (bytes(16), b"\1" * 16) for kind in KINDS]
    points = {spki(key.public_key()) for key in (*keys, derive_login_key(secret))}
    assert len(points) == 7


def test_body_with_another_key_than_the_one_wrapped_to_is_not_built(cast: Cast) -> None:
    body, _ = cast.holder_key_body(HolderKind.PASSKEY, os.urandom(32))
    _, other = cast.holder_key_body(HolderKind.PASSKEY, os.urandom(32))
    with pytest.raises(ValueError, match="another holder"):
        build_grant(body, cast.keys, other)
    with pytest.raises(ValueError, match="another holder"):
        build_grant(replace(body, holder_key=None), cast.keys, other)


def without_key(cast: Cast) -> GrantBody:
    return replace(cast.holder_key_body(HolderKind.RECOVERY, os.urandom(32))[0], holder_key=None)


def other_curve(cast: Cast) -> GrantBody:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    return replace(cast.holder_key_body(HolderKind.PASSKEY, os.urandom(32))[0], holder_key=spki(key))


def key_of_a_card(cast: Cast) -> GrantBody:
    return cast.body(holder_key=cast.holder_key_body(HolderKind.PASSKEY, os.urandom(32))[0].holder_key)


def named_by_another_key(cast: Cast) -> GrantBody:
    body, _ = cast.holder_key_body(HolderKind.OFFICER, os.urandom(32))
    return replace(body, holder=replace(body.holder, reference=bytes(32)))


@pytest.mark.parametrize("made", [without_key, other_curve, key_of_a_card, named_by_another_key])
def test_body_whose_key_does_not_fit_its_holder_is_refused(cast: Cast, made: object) -> None:
    with pytest.raises(GrantRefused) as refused:
        GrantBody.from_der(made(cast).to_der())  # type: ignore[operator]
    assert refused.value.reason == "malformed"


def test_compressed_point_is_refused() -> None:
    """One key has one encoding, or one passkey could stand under two references."""
    der = spki(derive_login_key(bytes(32)).public_key())
    header, x, y = der[:27], der[27:59], der[59:]
    short = bytearray(header[:-1] + bytes((2 + y[-1] % 2,)) + x)
    short[1] -= 32
    short[24] -= 32
    with pytest.raises(GrantRefused):
        load_holder_key(bytes(short))


def test_body_with_a_key_is_read_as_written(cast: Cast) -> None:
    for kind in KINDS:
        body, recipient = cast.holder_key_body(kind, os.urandom(32))
        assert GrantBody.from_der(body.to_der()) == body
        assert isinstance(recipient, HolderKeyRecipient)


def test_confidential_key_is_for_owners_alone(cast: Cast) -> None:
    from bridge.cms.grants import Role, open_grant_with_key

    keys = replace(cast.keys, confidential_key=os.urandom(32))
    recipient = CardRecipient(cast.card.certificate)
    grant = parse_grant(build_grant(cast.body(), keys, recipient))
    assert open_grant_with_key(grant, cast.card.key).confidential_key == keys.confidential_key
    for role in (Role.READER, Role.SENDER, Role.MANAGER):
        with pytest.raises(ValueError, match="owners"):
            build_grant(cast.body(role=role), keys, recipient)


@pytest.mark.negative(17)
def test_prf_of_the_first_kind_opens_no_grant_to_a_key(cast: Cast) -> None:
    """Nor one to a card: a passkey's grant without holder key is a kekri, and nothing else is."""
    grants = [granted(cast, HolderKind.PASSKEY, PRF), card_grant(cast)]
    for grant in grants:
        with pytest.raises(GrantRefused) as refused:
            open_grant_with_prf(grant, CREDENTIAL_ID, PRF)
        assert refused.value.reason == "recipient-mismatch"


def card_grant(cast: Cast) -> Grant:
    return parse_grant(build_grant(cast.body(), cast.keys, CardRecipient(cast.card.certificate)))


def test_field_that_nobody_declared_is_malformed(cast: Cast) -> None:
    der = cast.body().to_der()
    body = ber.read(der)
    longer = ber.encode(ber.SEQUENCE, der[body.body :], ber.encode(ber.OCTET_STRING, b"more"))
    with pytest.raises(GrantRefused) as refused:
        GrantBody.from_der(longer)
    assert refused.value.reason == "malformed"
