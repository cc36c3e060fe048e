"""The sample PKI stands up to pkilint (RFC 5280) and to OpenSSL."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.pki.certificates import emails, pem

LINT = str(Path(sys.executable).with_name("lint_pkix_cert"))


def lint(file):
    return subprocess.run([LINT, "lint", "-s", "ERROR", str(file)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def every_certificate(pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lint")
    for card in pki.cards.values():
        for file in (pki.directory / "cards" / card.name).glob("*.p12"):
            _, certificate, _ = pkcs12.load_key_and_certificates(file.read_bytes(), card.pin.encode())
            (folder / f"{card.name}-{file.stem}.pem").write_bytes(pem(certificate))
    for name, branch in pki.branches.items():
        (folder / f"{name}-issuing.pem").write_bytes(pem(branch.issuing.certificate))
        (folder / f"{name}-root.pem").write_bytes(pem(branch.root.certificate))
    (folder / "denis.pem").write_bytes((pki.directory / "people/denis/certificate.pem").read_bytes())
    return sorted(folder.glob("*.pem"))


@pytest.mark.slow
def test_pkilint_finds_no_error(every_certificate):
    assert len(every_certificate) == 20
    findings = {file.stem: lint(file).stdout for file in every_certificate}
    assert {name: text for name, text in findings.items() if text.strip()} == {}


def test_pkilint_would_find_one(pki, tmp_path):
    broken = (pki.directory / "people/denis/certificate.pem").read_bytes()
    (tmp_path / "broken.pem").write_bytes(broken.replace(b"CERTIFICATE", b"NOTHING"))
    assert lint(tmp_path / "broken.pem").returncode != 0


def test_openssl_verifies_a_card(pki, card, tmp_path):
    _, certificate, _ = card("alice", "signature")
    (tmp_path / "card.pem").write_bytes(pem(certificate))
    folder = pki.directory / "cards/alice"
    command = [
        "openssl",
        "verify",
        "-CAfile",
        pki.directory / "anchors/health-fort.pem",
        "-untrusted",
        folder / "chain.pem",
    ]
    result = subprocess.run([*command, tmp_path / "card.pem"], capture_output=True, text=True, check=False)
    assert result.stdout.strip().endswith("OK"), result.stderr


def test_card_subject_holds_no_address(card):
    for name, use in (("alice", "authentication"), ("alice", "signature"), ("bob", "encryption")):
        assert emails(card(name, use)[1]) == []


def test_key_files_are_private(pki):
    assert (pki.directory / "operator-ca/private-key.pem").stat().st_mode & 0o077 == 0
