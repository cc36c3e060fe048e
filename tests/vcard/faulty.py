"""A faulty card for test modules that say `pytest_plugins = ["tests.vcard.faulty"]`: SoftHSM under the fault module."""

from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.conftest import LIBRARY, HsmToken, rsa_token
from tests.vcard.faults import Faults


@pytest.fixture(scope="module")
def token(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> HsmToken:
    """With an authentication key."""
    return rsa_token(sample_pki, tmp_path_factory.mktemp("token"), uses=("authentication",))


@pytest.fixture
def faults(token: HsmToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """The module over that token; processes the test starts find both."""
    made = Faults.over(tmp_path, LIBRARY)
    for name, value in {**token.environment, **made.environment}.items():
        monkeypatch.setenv(name, value)
    return made
