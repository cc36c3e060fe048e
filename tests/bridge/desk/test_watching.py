"""The thread that watches a module's cards goes on, whatever it stumbles over."""

import threading
from collections.abc import Iterator

import pytest

from bridge.card.card import CardReport
from bridge.desk.watching import ModuleWatch
from bridge.modules import Module
from bridge.pki.sample_health_pki import SamplePki

LONG = 20.0


class NoReaders:
    """A computer without PC/SC: software cards lie in none."""

    def hears(self) -> bool:
        return False

    def is_settled(self, _module: Module) -> bool:
        return True

    def are_usable(self) -> bool:
        return True

    def is_used(self, _module: Module) -> bool:
        return False

    def is_blocked(self) -> bool:
        return False


@pytest.fixture
def module(sample_pki: SamplePki) -> Iterator[Module]:
    made = Module("software", "software", str(sample_pki.directory / "cards"), LONG)
    made.start()
    yield made
    made.stop()


def test_a_look_that_stumbles_is_not_the_last(module: Module) -> None:
    looks = []
    seen = threading.Event()

    def found(_watch: ModuleWatch, reports: list[CardReport], _began: int) -> None:
        looks.append(len(reports))
        if len(looks) == 1:
            raise ValueError("a card that nobody foresaw")
        seen.set()

    watch = ModuleWatch(module, NoReaders(), found)
    watch.start()
    try:
        assert seen.wait(LONG)
    finally:
        watch.stop()
    assert looks[0] == looks[1] > 0
