"""Fixtures over `stack.py`, for any conftest:  `from tests.vcard.fixtures import pcsc, stack  # noqa: F401`."""

from collections.abc import Iterator

import pytest

from tests.vcard.stack import CardStack, card_stack


@pytest.fixture(scope="session")
def pcsc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardStack]:
    """One pcscd for the session, with four readers. Tests use `stack`."""
    with card_stack(tmp_path_factory.mktemp("pcsc"), readers=4) as running:
        yield running


@pytest.fixture
def stack(pcsc: CardStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[CardStack]:
    """The session's pcscd with empty readers; processes the test starts are its clients."""
    for name, value in pcsc.environment.items():
        monkeypatch.setenv(name, value)
    yield pcsc
    pcsc.empty()
