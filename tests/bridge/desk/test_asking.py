"""One prompt at a time, and a page whose prompts are cancelled."""

import threading
from collections.abc import Callable

import pytest

from bridge.desk.asking import Asking, Cancellations
from bridge.desk.caller import Caller
from bridge.prompts.requests import ConsentRequest, Purpose
from bridge.protocol import RpcError

ORIGIN = "https://mail.pli.example"
REQUEST = ConsentRequest(ORIGIN, "", "", Purpose("login"))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Person:
    """Answers a consent with what the test says."""

    def __init__(self, answer: Callable[[threading.Event], None] = lambda _cancelled: None) -> None:
        self.answer = answer

    def confirm(self, _request: ConsentRequest, cancelled: threading.Event) -> None:
        self.answer(cancelled)


def refuse(_cancelled: threading.Event) -> None:
    raise RpcError("USER_CANCELLED")


def leave(_cancelled: threading.Event) -> None:
    raise RpcError("PIN_TIMEOUT")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def person() -> Person:
    return Person(refuse)


@pytest.fixture
def asking(person: Person, clock: Clock) -> Asking:
    return Asking(person, 0.05, Cancellations(clock))  # type: ignore[arg-type]


def ask(asking: Asking, caller: Caller, identity: str = "") -> None:
    with asking.turn(caller, identity) as cancelled:
        asking.confirm(caller, REQUEST, cancelled)


def refusal(asking: Asking, caller: Caller) -> RpcError:
    with pytest.raises(RpcError) as error:
        ask(asking, caller)
    return error.value


@pytest.mark.negative(58)
@pytest.mark.parametrize("answer", [refuse, leave])
def test_three_prompts_nobody_answered_are_the_last_of_an_hour(
    asking: Asking, person: Person, clock: Clock, answer: Callable[[threading.Event], None]
) -> None:
    page, first = Caller(ORIGIN), clock.now
    person.answer = answer
    for wait in (0, 30):
        assert refusal(asking, page).name != "RATE_LIMITED"
        clock.now += wait
    refusal(asking, page)
    limited = refusal(asking, page)
    assert limited.name == "RATE_LIMITED"
    assert limited.data["retryAfter"] == pytest.approx(first + 3600 - clock.now, abs=1)
    clock.now = first + 3599
    assert refusal(asking, page).name == "RATE_LIMITED"
    clock.now = first + 3601
    person.answer = lambda _cancelled: None
    clock.now += 120
    ask(asking, page)


def test_the_second_cancellation_costs_half_a_minute(asking: Asking, clock: Clock) -> None:
    page = Caller(ORIGIN)
    for _ in range(2):
        assert refusal(asking, page).name == "USER_CANCELLED"
    assert refusal(asking, page).data == {"retryAfter": 31}
    clock.now += 30
    assert refusal(asking, page).name == "USER_CANCELLED"


def test_one_page_waits_for_itself_and_not_for_others(asking: Asking) -> None:
    for _ in range(3):
        refusal(asking, Caller(ORIGIN))
    assert refusal(asking, Caller("https://other.example")).name == "USER_CANCELLED"


def test_the_person_himself_never_waits(asking: Asking) -> None:
    for _ in range(6):
        assert refusal(asking, Caller("")).name == "USER_CANCELLED"


def test_a_prompt_that_went_with_its_page_is_not_cancelled_by_anybody(asking: Asking, person: Person) -> None:
    def leave_page(_cancelled: threading.Event) -> None:
        page.cancelled.set()
        raise RpcError("USER_CANCELLED")

    person.answer = leave_page
    for _ in range(4):
        page = Caller(ORIGIN)
        assert refusal(asking, page).name == "USER_CANCELLED"


@pytest.mark.negative(58)
def test_a_page_that_comes_and_goes_does_not_flash_prompts(asking: Asking, person: Person, clock: Clock) -> None:
    def leave_page(_cancelled: threading.Event) -> None:
        page.cancelled.set()
        raise RpcError("USER_CANCELLED")

    person.answer = leave_page
    for _ in range(20):
        page = Caller(ORIGIN)
        assert refusal(asking, page).name == "USER_CANCELLED"
    limited = refusal(asking, Caller(ORIGIN))
    assert (limited.name, limited.data) == ("RATE_LIMITED", {"retryAfter": 301})
    assert refusal(asking, page := Caller("https://other.example")).name == "USER_CANCELLED"
    clock.now += 300
    page = Caller(ORIGIN)
    assert refusal(asking, page).name == "USER_CANCELLED"


def test_a_page_that_left_does_not_wait_for_its_turn(person: Person) -> None:
    patient, gone = Asking(person, 600), Caller(ORIGIN)  # type: ignore[arg-type]
    gone.cancelled.set()
    with patient.turn(Caller("https://other.example")):
        assert refusal(patient, gone).name == "BUSY"


def test_a_prompt_that_went_with_its_card_says_so(asking: Asking, person: Person) -> None:
    def pull(cancelled: threading.Event) -> None:
        asking.take_away("this card")
        assert cancelled.is_set()
        raise RpcError("USER_CANCELLED")

    person.answer = pull
    for _ in range(4):
        with pytest.raises(RpcError) as error:
            ask(asking, Caller(ORIGIN), "this card")
        assert error.value.name == "CARD_REMOVED"


def test_another_card_s_removal_leaves_the_prompt_alone(asking: Asking, person: Person) -> None:
    def pull_another(cancelled: threading.Event) -> None:
        asking.take_away("another card")
        assert not cancelled.is_set()

    person.answer = pull_another
    ask(asking, Caller(ORIGIN), "this card")


def test_while_one_is_asked_another_is_told_to_come_back(asking: Asking) -> None:
    with asking.turn(Caller(ORIGIN)):
        assert refusal(asking, Caller("https://other.example")).name == "BUSY"
