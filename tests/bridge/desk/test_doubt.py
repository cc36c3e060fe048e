"""When cards are read again."""

from bridge.card.card import CardReport
from bridge.desk.doubt import PAUSES, Doubt


def report(*certificates: bytes) -> CardReport:
    return CardReport(serial="1", label="", reader="A", certificates=list(certificates))


def pauses(doubt: Doubt, *, usable: bool) -> list[float]:
    return list(iter(lambda: doubt.pause(usable), None))


def test_a_card_is_read_once_more_and_believed_where_both_readings_are_alike() -> None:
    doubt = Doubt()
    doubt.note([report(b"a", b"b")], anew=False)
    assert doubt.pause(usable=True) == PAUSES[0]
    doubt.note([report(b"b", b"a")], anew=True)
    assert doubt.pause(usable=True) is None


def test_what_is_only_remembered_confirms_nothing() -> None:
    doubt = Doubt()
    doubt.note([report(b"a")], anew=True)
    doubt.note([report(b"a")], anew=False)
    assert doubt.pause(usable=True) == PAUSES[0]


def test_readings_that_differ_go_on_until_two_are_alike() -> None:
    doubt = Doubt()
    doubt.note([report(b"a")], anew=False)
    assert doubt.pause(usable=True) == PAUSES[0]
    doubt.note([report(b"a", b"b")], anew=True)
    assert doubt.pause(usable=True) == PAUSES[1]
    doubt.note([report(b"a", b"b")], anew=True)
    assert doubt.pause(usable=True) is None


def test_a_card_without_a_usable_key_is_read_a_few_times_and_no_more() -> None:
    doubt = Doubt()
    doubt.note([report()], anew=False)
    doubt.note([report()], anew=True)
    assert pauses(doubt, usable=False) == list(PAUSES)


def test_a_card_put_back_is_doubted_again() -> None:
    doubt = Doubt()
    doubt.note([report(b"a")], anew=False)
    assert pauses(doubt, usable=False) == list(PAUSES)
    doubt.note([], anew=True)
    doubt.renew()
    doubt.note([report(b"a")], anew=False)
    assert doubt.pause(usable=True) == PAUSES[0]


def test_an_empty_desk_is_believed_at_once() -> None:
    doubt = Doubt()
    doubt.note([report(b"a")], anew=False)
    doubt.note([], anew=True)
    assert doubt.pause(usable=True) is None
