import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from bridge.pki import errors
from bridge.pki.certificates import der
from bridge.pki.web_eid import sign_input, verify_token

ORIGIN = "https://mail.pli.example"
CHALLENGE = base64.b64encode(bytes(range(32))).decode()


def make_token(card, name="alice", use="authentication", origin=ORIGIN, algorithm="RS256"):
    key, certificate, _ = card(name, use)
    scheme = padding.PKCS1v15() if algorithm == "RS256" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = key.sign(sign_input(origin, CHALLENGE, algorithm), scheme, hashes.SHA256())
    return {
        "unverifiedCertificate": base64.b64encode(der(certificate)).decode(),
        "algorithm": algorithm,
        "signature": base64.b64encode(signature).decode(),
        "format": "web-eid:1.0",
        "appVersion": "https://example.org/app/1.0",
    }


def verify(token, pki, anchors, card, now, name="alice", challenge=CHALLENGE, origin=ORIGIN):
    chain = card(name, "authentication")[2]
    return verify_token(
        token, challenge=challenge, origin=origin, anchors=anchors, chain=chain, at=now, crls=pki.crls()
    )


@pytest.mark.capability("CO4", "CN4")
@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_token_of_a_card_is_accepted(pki, anchors, card, now, algorithm):
    validated = verify(make_token(card, algorithm=algorithm), pki, anchors, card, now)
    assert validated.certificate == card("alice", "authentication")[1]


def test_token_for_another_origin_is_refused(pki, anchors, card, now):
    """Negative test 57."""
    with pytest.raises(errors.TokenError):
        verify(make_token(card, origin="https://evil.example"), pki, anchors, card, now)


def test_token_for_another_challenge_is_refused(pki, anchors, card, now):
    with pytest.raises(errors.TokenError):
        verify(make_token(card), pki, anchors, card, now, challenge="A" * 44)


def test_signature_key_cannot_log_in(pki, anchors, card, now):
    with pytest.raises(errors.WrongKeyUsage):
        verify(make_token(card, use="signature"), pki, anchors, card, now)


@pytest.mark.parametrize(("name", "error"), [("erin", errors.CertificateExpired), ("rene", errors.CertificateRevoked)])
def test_card_out_of_use_cannot_log_in(pki, anchors, card, now, name, error):
    with pytest.raises(error):
        verify(make_token(card, name), pki, anchors, card, now, name)


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "ES256"},
        {"algorithm": "none"},
        {"signature": "AAAA"},
        {"signature": "***"},
        {"format": "web-eid:2.0"},
        {"extra": "x"},
        {"appVersion": 1},
        {"unverifiedCertificate": "AAAA"},
    ],
)
def test_altered_token_is_refused(pki, anchors, card, now, change):
    with pytest.raises((errors.TokenError, errors.CertificateMalformed)):
        verify({**make_token(card), **change}, pki, anchors, card, now)


@pytest.mark.parametrize("member", ["algorithm", "format", "signature", "unverifiedCertificate"])
def test_token_without_a_member_is_refused(pki, anchors, card, now, member):
    token = make_token(card)
    del token[member]
    with pytest.raises(errors.TokenError):
        verify(token, pki, anchors, card, now)


@pytest.mark.parametrize("challenge", ["short", "x" * 129])
def test_challenge_of_a_wrong_length_is_refused(challenge):
    with pytest.raises(errors.TokenError):
        sign_input(ORIGIN, challenge, "RS256")
