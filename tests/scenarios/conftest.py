"""A practice without screens: real server, real bridge, and as many people as a scenario needs, each with a card."""

from collections.abc import Iterator

import pytest

from tests.scenarios.clinic import Clinic, open_clinic


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with open_clinic(tmp_path_factory.mktemp("clinic")) as clinic:
        yield clinic
