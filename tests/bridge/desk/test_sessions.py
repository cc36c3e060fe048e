"""Card sessions end by count, time, choice and with their module's process; each end is told once."""

from typing import Any

import pytest

from bridge.card.card import CardReport, KeyReport
from bridge.card.errors import LoginRequired
from bridge.desk.events import GrantEnded
from bridge.desk.present import PresentCard, present_card
from bridge.desk.sessions import CardSessions
from bridge.modules import Module
from bridge.policy import Limits

HERE, THERE = "https://mail.pli.example", "https://other.example"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Sessions with everything they tell."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.told: list[GrantEnded] = []
        self.module = Module("m", "software", "/nowhere", 1)
        limits = Limits(card_uses=3, card_seconds=900)
        self.sessions = CardSessions(limits, self.told.append, self.clock)

    def card(self, serial: str, **facts: Any) -> PresentCard:
        return present_card(self.module, CardReport(serial=serial, label="L", reader="R", **facts))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_session_belongs_to_one_origin_and_one_card(desk: Desk) -> None:
    first, second = desk.card("1"), desk.card("2")
    opened = desk.sessions.open(HERE, first, [])
    assert desk.sessions.live(HERE, first) is opened
    assert desk.sessions.live(THERE, first) is None
    assert desk.sessions.live(HERE, second) is None


def test_what_the_keys_said_is_kept(desk: Desk) -> None:
    keys = [KeyReport(b"a", always=True, decrypt=False), KeyReport(b"b", always=False, decrypt=True)]
    opened = desk.sessions.open(HERE, desk.card("1"), keys)
    assert (opened.always, opened.decrypts) == ({b"a"}, {b"b"})


def test_the_last_use_ends_it(desk: Desk) -> None:
    card = desk.card("1")
    opened = desk.sessions.open(HERE, card, [])
    for left in (2, 1, 0):
        desk.sessions.use(HERE, card, opened)
        assert opened.uses_left == left
    assert desk.sessions.live(HERE, card) is None
    assert desk.told == [GrantEnded(HERE, card.identity, "used-up")]


def test_calls_at_the_same_time_do_not_take_more_than_there_is(desk: Desk) -> None:
    """Each found the session alive before any of them used it."""
    card = desk.card("1")
    opened = desk.sessions.open(HERE, card, [])
    for _ in range(3):
        desk.sessions.use(HERE, card, opened)
    with pytest.raises(LoginRequired):
        desk.sessions.use(HERE, card, opened)
    assert opened.uses_left == 0
    assert len(desk.told) == 1


def test_time_ends_it_and_the_card_nobody_uses_is_named(desk: Desk) -> None:
    card = desk.card("1")
    desk.sessions.open(HERE, card, [])
    desk.clock.now += 500
    desk.sessions.open(THERE, card, [])
    desk.clock.now += 401
    assert desk.sessions.live(HERE, card) is None
    assert desk.sessions.expire() == set()  # the other origin still uses the card
    desk.clock.now += 500
    assert desk.sessions.expire() == {card.identity}
    assert [(end.origin, end.reason) for end in desk.told] == [(HERE, "expired"), (THERE, "expired")]


def test_a_module_that_started_again_wants_the_pin_again(desk: Desk) -> None:
    card = desk.card("1")
    desk.sessions.open(HERE, card, [])
    desk.module.generation += 1
    assert desk.sessions.live(HERE, card) is None
    assert desk.sessions.expire() == set()
    assert desk.told == [GrantEnded(HERE, card.identity, "module-crashed")]


def test_locking_ends_those_of_one_origin(desk: Desk) -> None:
    card = desk.card("1")
    for origin in (HERE, THERE):
        desk.sessions.open(origin, card, [])
    assert desk.sessions.end(lambda key, _session: key[0] == HERE, "locked") == set()
    assert desk.sessions.live(THERE, card) is not None
    assert desk.told == [GrantEnded(HERE, card.identity, "locked")]


def test_cards_of_one_number_with_other_certificates_are_other_cards(desk: Desk) -> None:
    assert desk.card("1", certificates=[b"x"]).identity != desk.card("1", certificates=[b"y"]).identity
    assert desk.card("1", certificates=[b"x", b"y"]).identity == desk.card("1", certificates=[b"y", b"x"]).identity
    assert desk.card("1").identity != desk.card("2").identity


def test_two_modules_may_show_one_card_under_two_numbers(desk: Desk) -> None:
    here = desk.card("1", certificates=[b"x"])
    assert here.is_same_card(desk.card("00 01", certificates=[b"x"]))
    elsewhere = present_card(desk.module, CardReport(serial="9", label="L", reader="other", certificates=[b"x"]))
    assert not here.is_same_card(elsewhere)


def test_a_reader_s_long_name_is_known_by_its_first_64_octets(desk: Desk) -> None:
    long = "Lecteur de cartes à deux fentes, numéro de série 0123456789, fente 01"
    cut = long.encode()[:64].decode("utf-8", "ignore").strip()
    card = present_card(desk.module, CardReport(serial="1", label="L", reader=cut))
    assert card.lies_in(long)
    assert not card.lies_in("Lecteur")
