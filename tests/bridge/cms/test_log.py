"""The membership log: security.md §6 tests 8 to 10; every outcome by name is in test_vectors."""

import hashlib
from dataclasses import replace

import pytest

from bridge.cms.errors import LogRefused
from bridge.cms.log import LogEntry, LogHead, LogKind, VerifiedEntry, build_entry, verify_chain, verify_entry
from bridge.cms.signed import build_signed
from bridge.pki.errors import CertificateRevoked
from tests.vectors.cast import ALICE, NOW, Cast


def accept(*_: object) -> object:
    return ALICE


def verified(entries: list[bytes]) -> list[VerifiedEntry]:
    return [verify_entry(one, validate_signer=accept) for one in entries]  # type: ignore[arg-type]


def test_entry_is_read_as_written(cast: Cast) -> None:
    for kind in LogKind:
        entry = cast.genesis(cast.body(), cast.binding(), kind=kind)
        assert LogEntry.from_der(entry.to_der()) == entry


def test_head_is_the_hash_of_the_stored_entry(cast: Cast) -> None:
    entries = cast.chain(2)
    assert verify_chain(verified(entries), None) == LogHead(1, hashlib.sha256(entries[1]).digest())


@pytest.mark.negative(8)
def test_old_head_is_a_rollback(cast: Cast) -> None:
    entries = cast.chain(3)
    known = verify_chain(verified(entries), None)
    with pytest.raises(LogRefused) as refused:
        verify_chain(verified(entries[:2]), known)
    assert refused.value.reason == "rollback"


@pytest.mark.negative(10)
def test_removed_entry_is_a_gap(cast: Cast) -> None:
    entries = cast.chain(4)
    with pytest.raises(LogRefused) as refused:
        verify_chain(verified([*entries[:2], entries[3]]), None)
    assert refused.value.reason == "gap"


def test_second_genesis_is_a_fork(cast: Cast) -> None:
    entries = verified(cast.chain(1))
    again = cast.genesis(cast.body(), cast.binding(), seq=1, prev_hash=entries[0].head.hash)
    with pytest.raises(LogRefused) as refused:
        verify_chain([*entries, *verified([build_entry(again, cast.card.signer)])], None)
    assert refused.value.reason == "fork"


@pytest.mark.parametrize("change", [{"prev_hash": b"\1" * 32}, {"kind": LogKind.GRANT}])
def test_first_entry_must_be_a_genesis(cast: Cast, change: dict[str, object]) -> None:
    entry = cast.genesis(cast.body(), cast.binding(), **change)
    with pytest.raises(LogRefused):
        verify_chain(verified([build_entry(entry, cast.card.signer)]), None)


def test_chain_of_two_mailboxes_is_a_fork(cast: Cast) -> None:
    entries = cast.chain(1)
    head = hashlib.sha256(entries[0]).digest()
    for change in ({"mailbox_id": bytes(16)}, {"address": "bob@pli.example"}):
        other = cast.genesis(cast.body(), cast.binding(), seq=1, prev_hash=head, kind=LogKind.GRANT, **change)
        with pytest.raises(LogRefused) as refused:
            verify_chain(verified([*entries, build_entry(other, cast.card.signer)]), None)
        assert refused.value.reason == "fork"


def test_signer_that_is_not_believed_is_refused(cast: Cast) -> None:
    def revoked(*_: object) -> object:
        raise CertificateRevoked

    with pytest.raises(LogRefused) as refused:
        verify_entry(cast.chain(1)[0], validate_signer=revoked)  # type: ignore[arg-type]
    assert refused.value.reason == "signature"


def test_entry_time_must_be_the_signing_time(cast: Cast) -> None:
    entry = cast.genesis(cast.body(), cast.binding())
    signer = cast.card.signer
    backdated = build_signed(
        entry.to_der(),
        signer_certificate=signer.certificate,
        sign=signer.sign,
        algorithm=signer.signature_algorithm,
        signing_time=NOW.replace(year=2027),
        content_type="2.25.273421815402683121003718430791159155241.1.2",
    )
    with pytest.raises(LogRefused):
        verify_entry(backdated, validate_signer=accept)  # type: ignore[arg-type]


def test_signed_mail_is_no_log_entry(cast: Cast) -> None:
    from bridge.cms.messages import sign_with_card

    entry = cast.genesis(cast.body(), cast.binding()).to_der()
    for der in (sign_with_card(entry, cast.card.signer, NOW), entry, b"", b"\x30\x80" * 50):
        with pytest.raises(LogRefused) as refused:
            verify_entry(der, validate_signer=accept)  # type: ignore[arg-type]
        assert refused.value.reason == "signature"


def test_entry_with_a_short_hash_is_refused(cast: Cast) -> None:
    entry = replace(cast.genesis(cast.body(), cast.binding()), grants=(b"short",))
    with pytest.raises(LogRefused):
        verify_entry(build_entry(entry, cast.card.signer), validate_signer=accept)  # type: ignore[arg-type]
