"""OCSP over HTTP, as an authority answers it: a responder on loopback, asked by OpenSSL and by us."""

import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge.pki import errors
from bridge.pki.anchors import Purpose
from bridge.pki.certificates import pem
from bridge.pki.issue import utc_now
from bridge.pki.ocsp import answer_request, build_response
from bridge.pki.path import validate_path


@pytest.fixture
def responder(pki, card) -> Iterator[tuple[str, dict]]:
    """The URL of a responder for the FORT authority, and its table of revocations."""
    certificate, authority, revoked = card("alice", "signature")[1], pki.branches["fort"].issuing, {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = self.rfile.read(int(self.headers["Content-Length"]))
            body = answer_request(request, authority, {certificate.serial_number: certificate}, revoked, utc_now())
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", revoked
        server.shutdown()


@pytest.mark.parametrize("revoked", [False, True])
def test_openssl_reads_the_answer(responder, pki, card, tmp_path, revoked):
    url, table = responder
    certificate, authority = card("alice", "signature")[1], pki.branches["fort"].issuing
    if revoked:
        table[certificate.serial_number] = utc_now() - timedelta(hours=1)
    (tmp_path / "card.pem").write_bytes(pem(certificate))
    (tmp_path / "issuer.pem").write_bytes(pem(authority.certificate))
    command = ["openssl", "ocsp", "-issuer", tmp_path / "issuer.pem", "-cert", tmp_path / "card.pem", "-url", url]
    trust = ["-CAfile", pki.directory / "anchors/health-fort.pem", "-verify_other", tmp_path / "issuer.pem"]
    result = subprocess.run([*command, *trust], capture_output=True, text=True, check=False)
    assert "Response verify OK" in result.stderr
    assert ("card.pem: revoked" if revoked else "card.pem: good") in result.stdout


def validate_with(pki, anchors, card, ocsps, now):
    """Root CRLs as usual, the card itself by OCSP only."""
    _, certificate, chain = card("alice", "signature")
    crls = [(pki.directory / "crls/health-fort-root.crl").read_bytes()]
    arguments = {"chain": chain, "anchors": anchors, "purpose": Purpose.CARD_SIGNATURE, "at": now}
    return validate_path(certificate, **arguments, crls=crls, ocsps=ocsps)


def test_fresh_answer_replaces_the_crl(pki, anchors, card):
    now = utc_now()
    answer = build_response(card("alice", "signature")[1], pki.branches["fort"].issuing, None, now)
    assert validate_with(pki, anchors, card, [answer], now).revocation == "good"


@pytest.mark.parametrize("case", ["missing", "stale", "other-responder"])
def test_answer_that_proves_nothing_is_refused(pki, anchors, card, case):
    """Negative test 19: stale, of another responder, or missing."""
    now = utc_now()
    certificate = card("alice", "signature")[1]
    answers = {
        "missing": [],
        "stale": [build_response(certificate, pki.branches["fort"].issuing, None, now - timedelta(days=30))],
        "other-responder": [build_response(certificate, pki.branches["partner"].issuing, None, now)],
    }
    with pytest.raises(errors.RevocationUnknown):
        validate_with(pki, anchors, card, answers[case], now)


def test_revoked_by_ocsp(pki, anchors, card):
    now = utc_now()
    issuer = pki.branches["fort"].issuing
    answer = build_response(card("alice", "signature")[1], issuer, now - timedelta(hours=1), now)
    with pytest.raises(errors.CertificateRevoked):
        validate_with(pki, anchors, card, [answer], now)


def test_a_list_that_names_it_counts_against_a_responder_that_does_not(pki, anchors, card):
    now = utc_now()
    certificate, chain = card("rene", "signature")[1:]
    answer = build_response(certificate, pki.branches["standard"].issuing, None, now)
    arguments = {"chain": chain, "anchors": anchors, "purpose": Purpose.CARD_SIGNATURE, "at": now}
    root = [(pki.directory / "crls/health-standard-root.crl").read_bytes()]
    assert validate_path(certificate, **arguments, crls=root, ocsps=[answer]).revocation == "good"
    with pytest.raises(errors.CertificateRevoked):
        validate_path(certificate, **arguments, crls=pki.crls(), ocsps=[answer])


def test_junk_request_is_refused(pki):
    with pytest.raises(errors.RequestRefused):
        answer_request(b"junk", pki.branches["fort"].issuing, {}, {}, utc_now())
