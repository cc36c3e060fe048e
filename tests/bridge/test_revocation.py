"""What `certificates.validate` makes of OCSP responses: a real bridge, and `openssl ocsp` as the responder."""

import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from bridge.pki.certificates import der, load_certificate
from bridge.pki.issue import Authority, build_crl, utc_now
from bridge.pki.ocsp import build_request, build_response
from bridge.pki.sample_health_pki import SamplePki
from bridge.protocol import rfc3339
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import Account
from tests.bridge.pki.openssl_responder import openssl_responder
from tests.bridge.running import Page


@pytest.fixture
def fort(sample_pki: SamplePki) -> Authority:
    return sample_pki.branches["fort"].issuing


@pytest.fixture
def card(sample_pki: SamplePki) -> x509.Certificate:
    """Alice's signature certificate."""
    return load_certificate((sample_pki.directory / "cards/alice/signature.pem").read_bytes())


def answer_of(url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    asked = urllib.request.Request(
        url, build_request(certificate, issuer), {"Content-Type": "application/ocsp-request"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return bytes(answer.read())


def verdict(
    page: Page, certificate: x509.Certificate, fort: Authority, ocsps: list[bytes], crls: list[bytes], **members: Any
) -> dict[str, Any]:
    chain = [der(one) for one in (fort.certificate, *fort.chain)]
    item = {"certificate": der(certificate), "chain": chain, "purpose": "card-signature", **members}
    found: dict[str, Any] = page.call("certificates.validate", items=[item], crls=crls, ocsps=ocsps)["items"][0]
    return found


def root_crl(sample_pki: SamplePki, given: datetime) -> bytes:
    """Of the root, about its intermediate authority, which answers by no responder."""
    return build_crl(sample_pki.branches["fort"].root, now=given)


@pytest.mark.parametrize("revoked", [False, True])
def test_good_with_its_date_and_revoked(
    page: Page, sample_pki: SamplePki, fort: Authority, card: x509.Certificate, tmp_path: Path, revoked: bool
) -> None:
    with openssl_responder(tmp_path / "responder", fort, *([], [card]) if revoked else ([card],)) as url:
        answer = answer_of(url, card, fort.certificate)
    given = next(iter(ocsp.load_der_ocsp_response(answer).responses)).this_update_utc
    found = verdict(page, card, fort, [answer], [root_crl(sample_pki, given + timedelta(seconds=1))])
    if revoked:
        assert (found["ok"], found["error"]) == (False, "certificate-revoked")
    else:
        assert (found["ok"], found["revocation"], found["revocationChecked"]) == (True, "good", rfc3339(given))


def test_the_older_of_two_answers_is_the_date(
    page: Page, sample_pki: SamplePki, fort: Authority, card: x509.Certificate
) -> None:
    now = utc_now()
    answer, crl = build_response(card, fort, None, now), root_crl(sample_pki, now - timedelta(days=1))
    assert verdict(page, card, fort, [answer], [crl])["revocationChecked"] == rfc3339(now - timedelta(days=1))


@pytest.mark.parametrize(
    "case", ["none", "stale", "other-issuer", "other-certificate", "garbage", "unsuccessful", "forged"]
)
def test_what_proves_nothing_is_ignored(
    page: Page, sample_pki: SamplePki, fort: Authority, card: x509.Certificate, tmp_path: Path, case: str
) -> None:
    """As with no response at all, where it is not about this card; what is about it and does not hold leaves the question open."""
    partner, now = sample_pki.branches["partner"].issuing, utc_now()
    another = load_certificate((sample_pki.directory / "cards/alice/authentication.pem").read_bytes())
    forged = build_response(card, fort, None, now)
    answers: dict[str, list[bytes]] = {
        "none": [],
        "stale": [build_response(card, fort, None, now - timedelta(days=2))],
        "other-certificate": [build_response(another, fort, None, now)],
        "garbage": [b"", b"junk", der(card)],
        "unsuccessful": [bytes.fromhex("30030a0103")],  # tryLater
        "forged": [forged[:-1] + bytes([forged[-1] ^ 1])],
    }
    if case == "other-issuer":
        with openssl_responder(tmp_path / "responder", fort, [card], signer=partner) as url:
            answers[case] = [answer_of(url, card, fort.certificate)]
    found = verdict(page, card, fort, answers[case], [root_crl(sample_pki, now)])
    expected = "revocation-unknown" if case in ("stale", "forged", "other-issuer") else "unchecked"
    assert (found.get("revocation") or found["error"]) == expected
    good = build_response(card, fort, None, now)
    beside = verdict(page, card, fort, [*answers[case], good], [root_crl(sample_pki, now)])
    assert (beside["ok"], beside["revocation"]) == (True, "good")


def test_the_signer_of_a_binding_is_judged_by_responses_too(
    page: Page, account: Account, sample_pki: SamplePki, fort: Authority, card: x509.Certificate
) -> None:
    """To write to a colleague, an answer about the card that signed the binding is needed: from a list or a responder."""
    now = datetime.now(UTC).replace(microsecond=0)
    crls = [
        file.read_bytes() for file in (sample_pki.directory / "crls").glob("*.crl") if file.name != "health-fort.crl"
    ]
    item = {
        "certificate": account.sealed["encryptionCertificate"],
        "chain": account.sealed["chain"],
        "purpose": "encrypt",
        "address": ALICE,
        "binding": account.sealed["bindings"][0],
        "logEntry": account.sealed["logEntries"][0],
    }
    answers = {
        "good": build_response(card, fort, None, now),
        "revoked": build_response(card, fort, now - timedelta(hours=1), now),
    }
    found = {
        name: page.call("certificates.validate", items=[item], crls=crls, ocsps=ocsps)["items"][0]
        for name, ocsps in {"none": [], **{name: [answer] for name, answer in answers.items()}}.items()
    }
    assert found["good"]["ok"]
    assert found["good"]["identity"]["level"] == "card"
    assert not found["none"]["ok"]
    assert not found["revoked"]["ok"]
