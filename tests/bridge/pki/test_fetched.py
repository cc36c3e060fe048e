"""Which revocation answers may take the place of those kept."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.pki.errors import AnswerRefused
from bridge.pki.fetched import Freshness, check_list, check_no_older, check_response, list_freshness, says_revoked
from bridge.pki.issue import build_crl, utc_now
from bridge.pki.ocsp import answer_request, build_request, build_response


@pytest.fixture
def fort(pki):
    return pki.branches["fort"].issuing


def refusal(check, *arguments) -> str:
    with pytest.raises(AnswerRefused) as refused:
        check(*arguments)
    return refused.value.reason


@pytest.mark.parametrize("revoked", [False, True])
def test_an_answer_of_the_issuer_is_kept(card, fort, revoked):
    now, certificate = utc_now(), card("alice", "signature")[1]
    answer = build_response(certificate, fort, now - timedelta(hours=1) if revoked else None, now)
    check_response(answer, certificate, fort.certificate, now)
    assert says_revoked(answer, certificate) is revoked


def test_what_proves_nothing_is_not_kept(pki, card, fort):
    """Negative test 19, where it is fetched."""
    now, certificate = utc_now(), card("alice", "signature")[1]
    another, partner = card("rene", "signature")[1], pki.branches["partner"].issuing
    unknown = answer_request(build_request(certificate, fort.certificate), fort, {}, {}, now)  # unauthorized
    cases = {
        "malformed": [b"", b"junk", unknown, build_response(another, fort, None, now)],
        "stale": [build_response(certificate, fort, None, now - timedelta(hours=25))],
        "early": [build_response(certificate, fort, None, now + timedelta(hours=1))],
        "revocation-unknown": [build_response(certificate, partner, None, now)],
    }
    for reason, answers in cases.items():
        for answer in answers:
            assert refusal(check_response, answer, certificate, fort.certificate, now) == reason


def test_a_changed_octet_is_noticed(card, fort):
    now, certificate = utc_now(), card("alice", "signature")[1]
    answer = bytearray(build_response(certificate, fort, None, now))
    answer[-1] ^= 1
    assert refusal(check_response, bytes(answer), certificate, fort.certificate, now) == "revocation-unknown"


def test_openssl_reads_the_question(card, fort, tmp_path: Path):
    certificate = card("alice", "signature")[1]
    (tmp_path / "request.der").write_bytes(build_request(certificate, fort.certificate))
    command = ["openssl", "ocsp", "-reqin", tmp_path / "request.der", "-req_text"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    digits = f"{certificate.serial_number:X}"
    assert f"Serial Number: {'0' * (len(digits) % 2)}{digits}" in said
    assert "Nonce" not in said


def test_only_whole_fresh_lists_of_the_issuer_are_kept(pki, fort):
    now = utc_now()
    check_list(build_crl(fort, now=now), fort.certificate, now)
    delta = (
        x509.CertificateRevocationListBuilder(fort.certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=1))
        .add_extension(x509.DeltaCRLIndicator(1), critical=True)
        .sign(fort.private_key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    forged = bytearray(build_crl(fort, now=now))
    forged[-1] ^= 1
    cases = {
        "malformed": [b"junk"],
        "stale": [build_crl(fort, now=now - timedelta(days=8))],
        "early": [build_crl(fort, now=now + timedelta(hours=1))],
        "certificate-untrusted": [build_crl(pki.branches["partner"].issuing, now=now), delta, bytes(forged)],
    }
    for reason, lists in cases.items():
        for encoded in lists:
            assert refusal(check_list, encoded, fort.certificate, now) == reason


def test_a_replayed_list_is_older(fort):
    now = utc_now()
    kept, replayed = (list_freshness(build_crl(fort, now=at)) for at in (now, now - timedelta(days=1)))
    assert refusal(check_no_older, replayed, kept) == "older"
    check_no_older(kept, kept)
    check_no_older(Freshness(now + timedelta(hours=1), None), kept)
