"""`path-validate`: x509-limbo cases of our own making."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.pki.certificates import pem
from tests.bridge.pki.authorities import Issuer

JUDGE = Path(__file__).with_name("judge")
NOW = datetime.now(UTC).replace(microsecond=0)
ADDRESS = "dr@cabinet.example"


def asked(case: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, JUDGE, "path-validate"], input=json.dumps(case), capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    assert set(answer) == {"id", "actual_result", "context"}
    return answer


def case(person: Issuer, *chain: Issuer, root: Issuer, **members: Any) -> dict[str, Any]:
    return {
        "id": "ours::case", "validation_kind": "CLIENT", "validation_time": NOW.isoformat(),
        "trusted_certs": [pem(root.certificate).decode()],
        "untrusted_intermediates": [pem(one.certificate).decode() for one in chain],
        "peer_certificate": pem(person.certificate).decode(),
        "signature_algorithms": [], "key_usage": [], "extended_key_usage": ["emailProtection"],
        "expected_peer_name": None, "expected_peer_names": [{"kind": "RFC822", "value": ADDRESS}],
        "max_chain_depth": None, "crls": [], **members,
    }  # fmt: skip


@pytest.fixture(scope="module")
def family() -> tuple[Issuer, Issuer, Issuer]:
    root = Issuer.root("Root", NOW)
    middle = root.issue("Middle", NOW, authority=True)
    return root, middle, middle.person(ADDRESS, NOW)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, "SUCCESS"),
        ({"key_usage": ["digitalSignature"]}, "SUCCESS"),
        ({"max_chain_depth": 1}, "SUCCESS"),
        ({"max_chain_depth": 0}, "FAILURE"),
        ({"key_usage": ["keyEncipherment"]}, "FAILURE"),
        ({"extended_key_usage": ["serverAuth"]}, "FAILURE"),
        ({"expected_peer_names": [{"kind": "RFC822", "value": "chief@cabinet.example"}]}, "FAILURE"),
        ({"expected_peer_name": {"kind": "DNS", "value": "cabinet.example"}}, "FAILURE"),
        ({"validation_time": (NOW + timedelta(days=101)).isoformat()}, "FAILURE"),
        ({"untrusted_intermediates": []}, "FAILURE"),
        ({"signature_algorithms": ["RSASSA_PSS"]}, "SKIPPED"),
    ],
)
def test_a_case_has_its_result(family: tuple[Issuer, Issuer, Issuer], members: dict[str, Any], expected: str) -> None:
    root, middle, person = family
    answer = asked(case(person, middle, root=root, **members))
    assert (answer["id"], answer["actual_result"]) == ("ours::case", expected)
    assert (answer["context"] is None) is (expected == "SUCCESS")


def test_lists_at_hand_have_to_answer(family: tuple[Issuer, Issuer, Issuer]) -> None:
    root, middle, person = family

    def result(*lists: bytes) -> str:
        pems = [x509.load_der_x509_crl(one).public_bytes(Encoding.PEM).decode() for one in lists]
        return str(asked(case(person, middle, root=root, crls=pems))["actual_result"])

    revoked = middle.crl(NOW, {person.certificate.serial_number: NOW - timedelta(hours=1)})
    assert result(root.crl(NOW), middle.crl(NOW)) == "SUCCESS"
    assert result(root.crl(NOW), revoked) == "FAILURE"
    assert result(root.crl(NOW)) == "FAILURE"
