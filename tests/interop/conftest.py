import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import people
from peer import Correspondent


@pytest.fixture(scope="session")
def denis(sample_pki) -> Correspondent:
    """The outside correspondent, who trusts both the operator and the health roots."""
    return people.denis(sample_pki.directory)


@pytest.fixture(scope="session")
def kinds(tmp_path_factory, sample_pki) -> dict[str, Correspondent]:
    """The correspondents of the matrix by kind of key, in a folder of their own."""
    return people.correspondents(sample_pki, tmp_path_factory.mktemp("people"))
