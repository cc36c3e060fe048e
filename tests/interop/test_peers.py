"""What the bridge signs (form E2h) and Pli encrypts for an outsider opens in OpenSSL, NSS and gpgsm."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from peers import READERS, PeerRefused

from bridge.cms.enveloped import build_enveloped
from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.cms.recipients import CertificateRecipient
from bridge.pki.certificates import load_certificate, load_certificates
from bridge.pki.issue import issue_mailbox_certificate
from bridge.pki.requests import build_request, verify_request

ADDRESS = "alice.martin@pli.example"
PAYLOAD = (
    b'Content-Type: text/plain; charset="utf-8"; hp="cipher"\r\n'
    b"From: Alice Martin <alice.martin@pli.example>\r\nTo: denis@partner.example\r\n"
    b"Subject: Avis\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBonjour \xc3\xa0 tous.\r\n"
)

OTHER_DIGEST = {
    "openssl": "CMS_SignerInfo_verify_content:verification failure",
    "nss": "signer0.status=DigestMismatch",
    "gpgsm": "message digest attribute does not match",
}


@pytest.fixture(scope="module")
def alice(sample_pki):
    """Alice's card signer, mailbox signer, and mailbox encryption certificate."""
    now = datetime.now(UTC).replace(microsecond=0)
    operator = sample_pki.branches["operator"].issuing
    keys = {"encryption": rsa.generate_private_key(65537, 3072), "signature": ec.generate_private_key(ec.SECP256R1())}
    certificates = {
        use: issue_mailbox_certificate(
            operator,
            verify_request(build_request(key, ADDRESS)),
            use=use,
            not_before=now - timedelta(hours=1),
            not_after=now + timedelta(days=300),
        )
        for use, key in keys.items()
    }
    folder = sample_pki.directory / "cards" / "alice"
    card_key, card_certificate, _ = pkcs12.load_key_and_certificates((folder / "signature.p12").read_bytes(), b"1234")
    card_chain = tuple(load_certificates((folder / "chain.pem").read_bytes())[:1])
    mailbox = Signer(
        certificates["signature"],
        (operator.certificate,),
        lambda tbs: keys["signature"].sign(tbs, ec.ECDSA(hashes.SHA256())),
    )
    card = Signer(card_certificate, card_chain, lambda tbs: card_key.sign(tbs, padding.PKCS1v15(), hashes.SHA256()))
    return card, mailbox, certificates["encryption"]


def write_wire(alice, reader, payload=PAYLOAD, signed_payload=None):
    card, mailbox, encryption = alice
    now = datetime.now(UTC)
    card_signature = sign_with_card(signed_payload or payload, card, now)
    signature = sign_message(
        signed_payload or payload,
        mailbox,
        encryption_certificate=encryption,
        signing_time=now,
        card_signature=card_signature,
    )
    entity = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="pli-1"\r\n\r\n'
        b"--pli-1\r\n" + payload + b"\r\n--pli-1\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(signature) + b"\r\n--pli-1--\r\n"
    )
    certificate = load_certificate((reader.folder / "certificate.pem").read_bytes())
    cms = build_enveloped(entity, [CertificateRecipient(certificate)], content_algorithm="aes-256-cbc")
    return (
        b"From: alice.martin@pli.example\r\nTo: denis@partner.example\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(cms)
    )


def _lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("peer", READERS)
def test_peer_opens_and_verifies(peer, alice, denis, tmp_path):
    content = READERS[peer](write_wire(alice, denis), denis, tmp_path)
    assert content.strip() == PAYLOAD.strip()


@pytest.mark.parametrize("peer", READERS)
def test_peer_refuses_an_altered_text(peer, alice, denis, tmp_path):
    """For the signature's sake, and for no other."""
    altered = write_wire(alice, denis, payload=PAYLOAD.replace(b"tous", b"vous"), signed_payload=PAYLOAD)
    with pytest.raises(PeerRefused, match=OTHER_DIGEST[peer]):
        READERS[peer](altered, denis, tmp_path)
