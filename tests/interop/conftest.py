import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from peers import Correspondent


@pytest.fixture(scope="session")
def denis(sample_pki) -> Correspondent:
    """The outside correspondent, who trusts both the operator and the health roots."""
    folder = sample_pki.directory / "people" / "denis"
    roots = [sample_pki.directory / "anchors" / f"{name}.pem" for name in ("operator", "health-fort", "partner")]
    return Correspondent(folder, folder / "denis.p12", "denis", roots, [folder / "chain.pem"])
