"""Recovery by officers, with real objects: shares dealt, released to one request, combined (security.md §6 tests 15 and 16)."""

import os
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms import algorithms, ber
from bridge.cms.enveloped import build_enveloped
from bridge.cms.errors import ActRefused, ShareRefused
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    HolderKeyRecipient,
    HolderKind,
    build_grant,
    open_grant_with_secret,
    parse_grant,
)
from bridge.cms.log import LogKind
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.recovery import (
    RecoveryRequest,
    Share,
    VerifiedRequest,
    build_request,
    combine_shares,
    open_release,
    open_share,
    parse_sealed_share,
    release_share,
    seal_share,
    split_secret,
    verify_request,
)
from bridge.cms.recovery_policy import MOST_HOLDERS, PolicyKind, RecoveryPolicy
from bridge.cms.statements import build_statement
from bridge.cms.unwrapping import unwrap
from bridge.pki.certificates import spki
from bridge.pki.errors import CertificateUntrusted
from bridge.pki.health_identity import Identity
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.officers import officer_body, share_holder
from tests.vectors.registers import Register, alice, bob, chloe, denis, nameless

SECRET = os.urandom(32)
OFFICERS = (bob(), chloe(), denis())


@dataclass
class Dealt:
    """A mailbox with officers, two of three, and the shares as they were sealed."""

    register: Register
    body: GrantBody
    policy: RecoveryPolicy
    sealed: list[bytes]
    vault_key: ec.EllipticCurvePrivateKey

    def opened(self, place: int) -> Share:
        """The share that the officer at this place opens with his card."""
        sealed = parse_sealed_share(self.sealed[place], self.policy)
        content_key = unwrap(sealed.recipient_info, OFFICERS[place].card.key, content_algorithm="aes-256-gcm")
        return open_share(sealed, content_key, self.policy)

    def request(self, **changes: object) -> RecoveryRequest:
        request = RecoveryRequest(
            mailbox_id=self.register.mailbox_id,
            request_id=os.urandom(16),
            policy=self.policy.digest,
            requester=alice().holder,
            request_key=spki(self.vault_key.public_key()),
            reason="La carte est perdue.",
            time=NOW,
        )
        return replace(request, **changes)  # type: ignore[arg-type]

    def asked(self, **changes: object) -> VerifiedRequest:
        return self.verify(build_request(self.request(**changes), alice().card.signer))

    def verify(self, der: bytes) -> VerifiedRequest:
        return verify_request(der, self.policy, validate_signer=lambda *_: alice().identity)


@pytest.fixture(scope="module")
def dealt() -> Dealt:
    register = Register.new(alice())
    body = officer_body(register, SECRET)
    shares = split_secret(SECRET, register.mailbox_id, 2, 3)
    holders = tuple(
        replace(share_holder(person), commitment=share.commitment)
        for person, share in zip(OFFICERS, shares, strict=True)
    )
    policy = RecoveryPolicy(register.mailbox_id, PolicyKind.OFFICERS, 2, body.digest, 60, 0, holders)
    register.act(LogKind.POLICY, alice(), [body], policy=policy)
    sealed = [
        seal_share(share, policy, CardRecipient(person.card.certificate))
        for person, share in zip(OFFICERS, shares, strict=True)
    ]
    return Dealt(register, body, policy, sealed, ec.generate_private_key(ec.SECP256R1()))


def reason(refused: pytest.ExceptionInfo[ShareRefused]) -> tuple[str, int | None]:
    return refused.value.reason, refused.value.index


@pytest.mark.parametrize("places", [(0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_enough_officers_open_the_mailbox(dealt: Dealt, places: tuple[int, ...]) -> None:
    request = dealt.asked()
    released = [release_share(dealt.opened(place), request) for place in places]
    shares = [open_release(one, request, dealt.vault_key, dealt.policy) for one in released]
    secret = combine_shares(dealt.policy, shares)
    recipient = HolderKeyRecipient(dealt.body.holder.reference, dealt.body.holder_key or b"")
    grant = parse_grant(build_grant(dealt.body, dealt.register.keys[1], recipient))
    opened = open_grant_with_secret(grant, HolderKind.OFFICER, secret)
    assert opened.storage_key == dealt.register.keys[1].storage_key


@pytest.mark.negative(15)
def test_one_share_too_few_is_refused(dealt: Dealt) -> None:
    with pytest.raises(ShareRefused) as refused:
        combine_shares(dealt.policy, [dealt.opened(0)])
    assert reason(refused) == ("too-few", None)


@pytest.mark.negative(15)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_altered_share_is_named(dealt: Dealt, place: int) -> None:
    shares = [dealt.opened(one) for one in range(3)]
    shares[place] = replace(shares[place], value=bytes(32))
    with pytest.raises(ShareRefused) as refused:
        combine_shares(dealt.policy, shares)
    assert reason(refused) == ("commitment", place + 1)


@pytest.mark.negative(15)
def test_altered_share_is_named_where_it_is_released(dealt: Dealt) -> None:
    """An officer's bridge that releases something else than what was dealt to him."""
    request = dealt.asked()
    forged = release_share(replace(dealt.opened(1), value=os.urandom(32)), request)
    with pytest.raises(ShareRefused) as refused:
        open_release(forged, request, dealt.vault_key, dealt.policy)
    assert reason(refused) == ("commitment", 2)


def test_one_share_twice_is_one(dealt: Dealt) -> None:
    with pytest.raises(ShareRefused) as refused:
        combine_shares(dealt.policy, [dealt.opened(1), dealt.opened(1)])
    assert reason(refused) == ("duplicate", 2)


def test_share_under_another_index_or_of_another_mailbox_is_refused(dealt: Dealt) -> None:
    share = dealt.opened(0)
    for changed in (replace(share, index=2), replace(share, index=9), replace(share, mailbox_id=bytes(16))):
        with pytest.raises(ShareRefused) as refused:
            combine_shares(dealt.policy, [changed, dealt.opened(2)])
        assert reason(refused) == ("commitment", changed.index)


def test_share_opens_for_its_holder_alone(dealt: Dealt) -> None:
    sealed = parse_sealed_share(dealt.sealed[0], dealt.policy)
    for key in (b"", bytes(32)):
        with pytest.raises(ShareRefused) as refused:
            open_share(sealed, key, dealt.policy)
        assert reason(refused) == ("sealed", None)


def test_share_of_another_policy_is_refused(dealt: Dealt) -> None:
    other = replace(dealt.policy, minutes=61)
    with pytest.raises(ShareRefused) as refused:
        parse_sealed_share(dealt.sealed[0], other)
    assert reason(refused) == ("policy", None)


def test_release_opens_for_its_request_alone(dealt: Dealt) -> None:
    """Not for another request with the same key, and not for another vault."""
    request, other = dealt.asked(), dealt.asked()
    released = release_share(dealt.opened(0), request)
    with pytest.raises(ShareRefused) as refused:
        open_release(released, other, dealt.vault_key, dealt.policy)
    assert reason(refused) == ("request", None)
    with pytest.raises(ShareRefused) as refused:
        open_release(released, request, ec.generate_private_key(ec.SECP256R1()), dealt.policy)
    assert reason(refused) == ("sealed", None)


def test_request_is_signed_by_who_it_names(dealt: Dealt) -> None:
    good = build_request(dealt.request(), alice().card.signer)
    assert dealt.verify(good).signer.name == "Alice Martin"

    def untrusted(*_: object) -> Identity:
        raise CertificateUntrusted

    bad: list[tuple[bytes, object]] = [
        (good, lambda *_: bob().identity),
        (good, lambda *_: replace(alice().identity, level="passkey")),
        (good, lambda *_: replace(alice().identity, id_type="", id_value="")),
        (good, untrusted),
        (good[:-1] + bytes((good[-1] ^ 1,)), lambda *_: alice().identity),
        (build_request(dealt.request(policy=bytes(32)), alice().card.signer), lambda *_: alice().identity),
        (build_request(dealt.request(mailbox_id=bytes(16)), alice().card.signer), lambda *_: alice().identity),
        (
            build_request(dealt.request(requester=nameless().holder), nameless().card.signer),
            lambda *_: replace(nameless().identity, level="card"),
        ),
        (backdated(dealt.request()), lambda *_: alice().identity),
        (dealt.request().to_der(), lambda *_: alice().identity),
    ]
    for der, validate in bad:
        with pytest.raises(ShareRefused) as refused:
            verify_request(der, dealt.policy, validate_signer=validate)  # type: ignore[arg-type]
        assert refused.value.reason == "request"


def backdated(request: RecoveryRequest) -> bytes:
    return build_statement(
        request.to_der(), algorithms.ID_RECOVERY_REQUEST, NOW.replace(year=2027), alice().card.signer
    )


def test_everything_is_read_as_written(dealt: Dealt) -> None:
    request, share = dealt.request(), dealt.opened(0)
    assert RecoveryRequest.from_der(request.to_der()) == request
    assert Share.from_der(share.to_der()) == share
    assert RecoveryPolicy.from_der(dealt.policy.to_der()) == dealt.policy
    assert "value" not in repr(share)


def test_policies_that_cannot_be_met_are_malformed(dealt: Dealt) -> None:
    policy = dealt.policy
    many = tuple(replace(policy.holders[0], reference=os.urandom(32)) for _ in range(MOST_HOLDERS + 1))
    bad = [
        replace(policy, threshold=0),
        replace(policy, threshold=4),
        replace(policy, holders=()),
        replace(policy, holders=many),
        replace(policy, holders=(policy.holders[0], policy.holders[0])),
        replace(policy, minutes=0),
        replace(policy, messages=-1),
        replace(policy, grant_body=b"short"),
        replace(policy, mailbox_id=bytes(15)),
        replace(policy, holders=(replace(policy.holders[0], commitment=b""), *policy.holders[1:])),
    ]
    for one in bad:
        with pytest.raises(ShareRefused):
            RecoveryPolicy.from_der(one.to_der())
    assert RecoveryPolicy.from_der(replace(policy, holders=many[:-1]).to_der()).threshold == 2
    for threshold in (1, 3):
        assert RecoveryPolicy.from_der(replace(policy, threshold=threshold).to_der()).threshold == threshold


@pytest.mark.parametrize("change", [{"index": 0}, {"index": 256}, {"value": bytes(31)}, {"mailbox_id": b""}])
def test_shares_out_of_shape_are_malformed(dealt: Dealt, change: dict[str, object]) -> None:
    with pytest.raises(ShareRefused) as refused:
        Share.from_der(replace(dealt.opened(0), **change).to_der())  # type: ignore[arg-type]
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize("index", [1, 255])
def test_share_of_the_first_and_the_last_index(dealt: Dealt, index: int) -> None:
    assert Share.from_der(replace(dealt.opened(0), index=index).to_der()).index == index


def test_other_versions_are_malformed(dealt: Dealt) -> None:
    papers = [(Share, dealt.opened(0)), (RecoveryRequest, dealt.request()), (RecoveryPolicy, dealt.policy)]
    for kind, one in papers:
        later = one.to_der().replace(b"\2\1\1", b"\2\1\2", 1)
        with pytest.raises(ShareRefused) as refused:
            kind.from_der(later)
        assert refused.value.reason == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"mailbox_id": b""},
        {"requester": replace(alice().holder, reference=b"")},
        {"request_key": b""},
        {"request_id": bytes(15)},
        {"policy": b""},
    ],
)
def test_requests_out_of_shape_are_malformed(dealt: Dealt, change: dict[str, object]) -> None:
    with pytest.raises(ShareRefused) as refused:
        RecoveryRequest.from_der(dealt.request(**change).to_der())
    assert refused.value.reason == "malformed"


def test_sealed_share_of_another_kind_is_malformed(dealt: Dealt) -> None:
    context = {algorithms.PLI_CONTEXT: ber.encode(ber.OCTET_STRING, dealt.policy.digest)}
    cards = [CertificateRecipient(person.card.certificate) for person in OFFICERS]
    content = dealt.opened(0).to_der()
    for bad in (
        build_enveloped(content, cards[:1], content_type=algorithms.ID_MAILBOX_KEYS, auth_attributes=context),
        build_enveloped(content, cards, content_type=algorithms.ID_SHARE, auth_attributes=context),
        build_enveloped(content, cards[:1], content_type=algorithms.ID_SHARE),
        build_enveloped(
            content,
            cards[:1],
            content_algorithm="aes-128-gcm",
            content_type=algorithms.ID_SHARE,
            auth_attributes=context,
        ),
        b"",
        dealt.sealed[0][:-1],
    ):
        with pytest.raises(ShareRefused) as refused:
            parse_sealed_share(bad, dealt.policy)
        assert refused.value.reason == "malformed"


@pytest.mark.negative(16)
def test_after_a_recovery_the_key_change_is_due_and_the_old_secret_does_not_come_along(dealt: Dealt) -> None:
    register, request = dealt.register.fork(), dealt.asked()
    for person in (bob(), denis()):
        assert not register.replay().key_change_due(NOW)
        register.act(LogKind.RECOVERY, person, subject=request.digest)
    assert register.replay().key_change_due(NOW)
    careless = register.fork()
    careless.rotate(alice())
    with pytest.raises(ActRefused) as refused:
        careless.replay()
    assert refused.value.reason == "policy-spent"
    register.new_epoch()
    kept = [body for body in register.carried() if body.holder.kind is not HolderKind.OFFICER]
    register.act(LogKind.ROTATE, alice(), kept, register.binding(alice().identity))
    membership = register.replay()
    assert not membership.key_change_due(NOW)
    assert not membership.policies
