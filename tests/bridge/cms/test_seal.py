"""Seals: what the server keeps (promise 1), and that no label opens another's."""

import time

import pytest

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError, DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.seal import open_seal, seal
from bridge.cms.unwrapping import unwrap
from tests.vectors.cast import Cast, Holding

CONTENT = b"Subject: secret\r\n\r\nTumeur \xc3\xa0 droite.\r\n"


@pytest.fixture(params=["rsa", "p384"])
def mailbox(request: pytest.FixtureRequest, cast: Cast, p384: Holding) -> Holding:
    return cast.encryption if request.param == "rsa" else p384


@pytest.mark.parametrize("label", ["pli-message", "pli-summary"])
def test_seal_opens_under_its_label(mailbox: Holding, label: str) -> None:
    assert open_seal(seal(CONTENT, mailbox.certificate, label), mailbox.key, label) == CONTENT


def test_seal_names_its_recipient_by_subject_key_identifier(mailbox: Holding) -> None:
    enveloped = parse_enveloped(seal(CONTENT, mailbox.certificate, "pli-message"))
    assert enveloped.kind == "authEnvelopedData"
    assert enveloped.recipients[0].matches(mailbox.certificate)
    assert enveloped.recipients[0].recipient_ids[0].issuer == b""


def test_seal_holds_no_clear_text(mailbox: Holding) -> None:
    sealed = seal(CONTENT, mailbox.certificate, "pli-message")
    assert b"secret" not in sealed
    assert b"Tumeur" not in sealed


def test_seal_does_not_open_under_another_label(mailbox: Holding) -> None:
    with pytest.raises(DecryptionFailed):
        open_seal(seal(CONTENT, mailbox.certificate, "pli-message"), mailbox.key, "pli-summary")


def test_seal_does_not_open_as_plain_mail(mailbox: Holding) -> None:
    info = parse_enveloped(seal(CONTENT, mailbox.certificate, "pli-summary")).recipients[0].der
    with pytest.raises(DecryptionFailed):
        unwrap(info, mailbox.key, content_algorithm="aes-256-gcm")


def test_seal_does_not_open_with_another_key(mailbox: Holding, cast: Cast) -> None:
    with pytest.raises(DecryptionFailed):
        open_seal(seal(CONTENT, mailbox.certificate, "pli-message"), cast.outsider.key, "pli-message")


@pytest.mark.negative(28)
def test_seal_with_any_byte_changed_is_refused(mailbox: Holding) -> None:
    sealed = seal(CONTENT, mailbox.certificate, "pli-message")
    for place in range(0, len(sealed), 7):
        altered = sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :]
        try:
            assert open_seal(altered, mailbox.key, "pli-message") == CONTENT
        except CmsError:
            continue
        # What still opens changed nothing that is read: the recipient's name or a version.
        assert parse_enveloped(altered).ciphertext == parse_enveloped(sealed).ciphertext


def test_seal_refuses_other_keys(p256: Holding) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        seal(CONTENT, p256.certificate, "pli-message")


def test_seal_is_fast(cast: Cast) -> None:
    content = b"x" * 10_000
    seal(content, cast.encryption.certificate, "pli-message")
    started = time.process_time()
    for _ in range(50):
        seal(content, cast.encryption.certificate, "pli-message")
    assert (time.process_time() - started) / 50 < 0.01  # 0.06 ms when the machine is idle


def test_template_and_builder_agree(cast: Cast) -> None:
    """The hand-made RecipientInfo reads as the one the general builder makes."""
    recipient = CertificateRecipient(
        cast.encryption.certificate, "rsa-oaep-sha256", b"pli-message", by_key_identifier=True
    )
    assert unwrap(
        recipient.recipient_info(bytes(32)), cast.encryption.key, content_algorithm="aes-256-gcm", label="pli-message"
    ) == bytes(32)
