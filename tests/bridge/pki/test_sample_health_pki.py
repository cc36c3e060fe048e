"""The sample PKI stands up to pkilint (RFC 5280) and to OpenSSL."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from bridge.pki.certificates import emails, pem
from bridge.pki.issue import Authority
from bridge.pki.sample_health_pki import renew_crls

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


def test_pkilint_would_find_one(tmp_path):
    """The tool, its arguments and our reading of its output: a certificate against RFC 5280 does give findings."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "no extensions")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 2, tzinfo=UTC))
    )
    wrong = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
    (tmp_path / "wrong.pem").write_bytes(pem(wrong.sign(key, hashes.SHA256())))
    assert "ERROR" in lint(tmp_path / "wrong.pem").stdout


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


def test_lists_signed_anew_say_what_they_said(pki, tmp_path):
    folder = shutil.copytree(pki.directory, tmp_path / "pki")
    before = _lists(folder)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    renew_crls(folder, later)
    after = _lists(folder)
    assert set(after) == set(before)
    assert {name: said[0] for name, said in after.items()} == {name: said[0] for name, said in before.items()}
    assert {said[1] for said in after.values()} == {later}
    assert any(said[0] for said in after.values())


def _lists(folder):
    """Serial numbers and date of each list, whose signature its authority's."""
    found = {}
    for file in (folder / "crls").glob("*.crl"):
        crl = x509.load_der_x509_crl(file.read_bytes())
        authority = Authority.load(folder / "authorities" / file.stem)
        assert crl.is_signature_valid(authority.certificate.public_key())
        found[file.name] = ({entry.serial_number for entry in crl}, crl.last_update_utc)
    return found
