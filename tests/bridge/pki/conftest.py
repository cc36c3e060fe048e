"""One sample PKI for all tests of this folder: issuing it costs two seconds."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.pki.anchors import AnchorStore
from bridge.pki.certificates import load_certificates
from bridge.pki.sample_health_pki import issue_sample_pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return issue_sample_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def anchors(pki):
    return AnchorStore.load(pki.anchor_entries(), pki.directory)


@pytest.fixture(scope="session")
def card(pki):
    """`card("alice", "signature")` → (key, certificate, chain)."""

    def read(name, use):
        folder = pki.directory / "cards" / name
        pin = pki.cards[name].pin.encode()
        key, certificate, _ = pkcs12.load_key_and_certificates((folder / f"{use}.p12").read_bytes(), pin)
        return key, certificate, load_certificates((folder / "chain.pem").read_bytes())

    return read


@pytest.fixture
def now():
    return datetime.now(UTC)
