"""Form E2h: the card inside the mailbox signature (DESIGN §6)."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto.algos import RSAESOAEPParams
from asn1crypto.cms import IssuerAndSerialNumber, SMIMECapabilites

from bridge.cms import algorithms
from bridge.cms.errors import AttributeRefused, SignatureInvalid
from bridge.cms.messages import sign_message, sign_with_card, verify_message
from bridge.cms.signed import build_signed
from tests.vectors.cast import NOW, Cast, Holding

ENTITY = b'Content-Type: text/plain; hp="cipher"\r\nFrom: alice@pli.example\r\nSubject: Bilan\r\n\r\nBonjour.\r\n'


@pytest.fixture
def card_signature(cast: Cast) -> bytes:
    return sign_with_card(ENTITY, cast.card.signer, NOW)


def mailbox_signature(cast: Cast, card_signature: bytes | None) -> bytes:
    return sign_message(
        ENTITY,
        cast.signature.signer,
        encryption_certificate=cast.encryption.certificate,
        signing_time=NOW,
        card_signature=card_signature,
    )


@pytest.mark.capability("CO6")
def test_both_signatures_verify(cast: Cast, card_signature: bytes) -> None:
    verified = verify_message(mailbox_signature(cast, card_signature), ENTITY)
    assert verified.mailbox.unverified_certificate == cast.signature.certificate
    assert verified.card is not None
    assert verified.card.unverified_certificate == cast.card.certificate
    assert verified.card.digest == verified.mailbox.digest
    assert cast.encryption.certificate in verified.mailbox.unverified_chain


@pytest.mark.capability("CO10")
def test_a_signature_announces_what_we_read_and_by_which_certificate(cast: Cast) -> None:
    """Strongest first, as RFC 8551 §2.5.2 wants; the mailbox's encryption certificate is named and enclosed."""
    attributes = verify_message(mailbox_signature(cast, None), ENTITY).mailbox.attributes
    announced = SMIMECapabilites.load(attributes[algorithms.SMIME_CAPABILITIES])
    assert [one["capability_id"].dotted for one in announced] == [
        *(
            algorithms.content_algorithm(name).oid
            for name in ("aes-256-gcm", "aes-256-cbc", "aes-128-gcm", "aes-128-cbc")
        ),
        algorithms.RSAES_OAEP,
        algorithms.STD_DH_SHA256_KDF,
    ]
    oaep = RSAESOAEPParams.load(announced[4]["parameters"].dump())
    assert oaep["hash_algorithm"]["algorithm"].native == "sha256"
    assert oaep["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha256"
    preference = IssuerAndSerialNumber.load(
        attributes[algorithms.ENCRYPTION_KEY_PREFERENCE], tag_type="implicit", tag=0
    )
    assert preference["serial_number"].native == cast.encryption.certificate.serial_number
    assert preference["issuer"].dump() == cast.encryption.certificate.issuer.public_bytes()


def test_without_card_there_is_none(cast: Cast) -> None:
    assert verify_message(mailbox_signature(cast, None), ENTITY).card is None


@pytest.mark.capability("CO10", "CO11")
def test_openssl_sees_the_mailbox_and_the_card(
    openssl: Callable[..., bytes], cast: Cast, card_signature: bytes
) -> None:
    outer = mailbox_signature(cast, card_signature)
    for cms, certificate in ((outer, cast.signature.certificate), (card_signature, cast.card.certificate)):
        trust = ["-CAfile", certificate, "-purpose", "any", "-attime", str(int(NOW.timestamp()))]
        assert openssl("-verify", "-binary", "-inform", "DER", "-in", cms, "-content", ENTITY, *trust) == ENTITY


def test_attributes_are_as_formats_say(cast: Cast, card_signature: bytes, tmp_path: Path) -> None:
    outer = mailbox_signature(cast, card_signature)
    assert set(verify_message(outer, ENTITY).mailbox.attributes) == {
        algorithms.CONTENT_TYPE,
        algorithms.MESSAGE_DIGEST,
        algorithms.SIGNING_TIME,
        algorithms.SIGNING_CERTIFICATE_V2,
        algorithms.SMIME_CAPABILITIES,
        algorithms.ENCRYPTION_KEY_PREFERENCE,
        algorithms.PLI_CARD_SIGNATURE,
    }
    (tmp_path / "s").write_bytes(outer)
    printed = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", tmp_path / "s"], capture_output=True, check=True, text=True).stdout  # fmt: skip
    assert "S/MIME Capabilities" in printed


def test_stripping_the_card_breaks_the_mailbox_signature(cast: Cast, card_signature: bytes) -> None:
    from bridge.cms import ber
    from bridge.cms.oid import encode_oid
    from tests.bridge.cms.test_enveloped import rebuild

    outer = mailbox_signature(cast, card_signature)
    attribute = ber.encode(ber.SEQUENCE, encode_oid(algorithms.PLI_CARD_SIGNATURE), ber.encode(ber.SET, card_signature))
    assert attribute in outer
    with pytest.raises(SignatureInvalid):
        verify_message(rebuild(outer, attribute, b""), ENTITY)


def test_bad_card_signature_is_not_no_card(cast: Cast, card_signature: bytes) -> None:
    altered = card_signature[:-1] + bytes((card_signature[-1] ^ 1,))
    with pytest.raises(SignatureInvalid):
        verify_message(mailbox_signature(cast, altered), ENTITY)


def test_card_signature_of_other_content_is_refused(cast: Cast) -> None:
    elsewhere = sign_with_card(ENTITY + b"PS", cast.card.signer, NOW)
    with pytest.raises(SignatureInvalid):
        verify_message(mailbox_signature(cast, elsewhere), ENTITY)


def test_card_signature_must_name_its_certificate(
    cast: Cast, card_signature: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    from tests.bridge.cms.test_signed import TYPE, attribute, signed_with_attributes

    digest = attribute(algorithms.MESSAGE_DIGEST, b"\x04\x20" + hashlib.sha256(ENTITY).digest())
    unnamed = signed_with_attributes(cast.card, TYPE, digest, content=ENTITY)
    with pytest.raises(AttributeRefused):
        verify_message(mailbox_signature(cast, unnamed), ENTITY)


def test_card_signs_what_it_is_given_once(cast: Cast) -> None:
    """The signing callable gets the DER of signedAttrs, which a card hashes and signs by itself."""
    given: list[bytes] = []
    signer = cast.card.signer

    def sign(attributes: bytes) -> bytes:
        given.append(attributes)
        return signer.sign(attributes)

    sign_with_card(ENTITY, replace(signer, sign=sign), NOW)
    assert len(given) == 1
    assert given[0][0] == 0x31


def test_25_mb_are_signed_and_verified(p256: Holding) -> None:
    content = bytes(25_000_000)
    algorithm = p256.signer.signature_algorithm
    cms = build_signed(content, signer_certificate=p256.certificate, sign=p256.signer.sign, algorithm=algorithm, signing_time=NOW, detached=True)  # fmt: skip
    assert len(cms) < 3_000
