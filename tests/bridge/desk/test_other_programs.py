"""A transaction with a card: another program's, or what is left of our own."""

from dataclasses import dataclass

import pytest

from bridge.card.holding import Hold
from bridge.desk.other_programs import OtherPrograms


@dataclass
class Ours:
    """A module of the bridge."""

    in_readers: bool = True
    is_busy: bool = False
    rested_since: float = 0.0


class Reader:
    """A reader that is looked into again and again: each look takes 0.15 s, and finds the next of `holds` or the last."""

    def __init__(self, *holds: Hold) -> None:
        self.now, self.looks = 100.0, 0
        self._holds = holds

    def look(self, _name: str) -> Hold:
        self.now += 0.15
        self.looks += 1
        return self._holds[min(self.looks, len(self._holds)) - 1]

    def hold(self, *modules: Ours, patiently: bool = False) -> Hold:
        return OtherPrograms(modules, self.look, lambda: self.now).hold("reader", patiently=patiently)


@pytest.mark.parametrize("hold", ["free", "exclusive"])
def test_what_does_not_wait_is_said_at_once(hold: Hold) -> None:
    reader = Reader(hold)
    assert (reader.hold(Ours(rested_since=100.0)), reader.looks) == (hold, 1)


def test_what_a_reading_of_ours_leaves_behind_is_nobodys() -> None:
    assert Reader("transaction", "transaction", "free").hold(Ours(rested_since=100.1)) == "free"


def test_a_reading_that_began_and_ended_during_the_look_is_ours() -> None:
    module = Ours()

    class Read(Reader):
        def look(self, name: str) -> Hold:
            hold = super().look(name)
            module.rested_since = max(module.rested_since, 100.14)
            return hold

    assert Read("transaction", "free").hold(module) == "free"


def test_what_stays_while_we_rest_is_another_programs() -> None:
    reader = Reader("transaction")
    assert reader.hold(Ours(rested_since=100.0), Ours(in_readers=False, rested_since=1e9)) == "transaction"
    assert reader.now >= 100.4


def test_another_program_is_seen_in_one_look_when_we_have_rested() -> None:
    reader = Reader("transaction")
    assert (reader.hold(Ours()), reader.looks) == ("transaction", 1)


def test_nobody_else_is_seen_while_a_module_works() -> None:
    assert Reader("transaction").hold(Ours(is_busy=True)) == "free"


def test_who_wants_the_card_waits_for_a_short_transaction_of_another_program() -> None:
    short: list[Hold] = ["transaction"] * 5
    assert Reader(*short, "free").hold(Ours(), patiently=True) == "free"


def test_who_wants_the_card_does_not_wait_for_a_long_one() -> None:
    reader = Reader("transaction")
    assert reader.hold(Ours(), patiently=True) == "transaction"
    assert 101.0 <= reader.now < 101.5
