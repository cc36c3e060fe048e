"""Our own dialogs' side of Assuan, line by line, with a person who has made up his mind."""

from dataclasses import dataclass, field

import pytest

from bridge.prompts.pin import Pin
from bridge.prompts.serving import AssuanServer, DialogTimedOut, Shown

CANCELLED, TIMED_OUT = 99, 62  # gpg-error.h, low 16 bits


@dataclass
class Person:
    """A dialog: types these answers in turn (None leaves), and agrees or not."""

    answers: list[str | None] = field(default_factory=list)
    agrees: bool = True
    gone: bool = False
    shown: list[Shown] = field(default_factory=list)
    given: list[Pin] = field(default_factory=list)

    def ask(self, shown: Shown) -> Pin | None:
        self.shown.append(shown)
        if self.gone:
            raise DialogTimedOut
        answer = self.answers.pop(0)
        if answer is None:
            return None
        self.given.append(Pin(bytearray(answer, "utf-8")))
        return self.given[-1]

    def agree(self, shown: Shown, *, only_close: bool) -> bool:
        self.shown.append(shown)
        return self.agrees or only_close


def say(person: Person, *lines: str) -> list[bytes]:
    server = AssuanServer(person)
    return [bytes(answer) for line in lines for answer in server.receive(line)]


def code(line: bytes) -> int:
    assert line.startswith(b"ERR ")
    return int(line.split()[1]) & 0xFFFF


def test_what_is_typed_is_data() -> None:
    person = Person(["12 %\n"])
    assert say(person, "SETDESC Bonjour%0Atoi", "SETPROMPT Code", "GETPIN") == [b"OK", b"OK", b"D 12 %25%0A", b"OK"]
    assert (person.shown[0].description, person.shown[0].prompt) == ("Bonjour\ntoi", "Code")


def test_what_was_given_is_overwritten() -> None:
    person = Person(["1234"])
    say(person, "GETPIN")
    assert person.given[0].octets == bytearray()


def test_a_new_pin_is_compared_here() -> None:
    person = Person(["1234", "1243", "5678", "5678"])
    asked = ("SETPROMPT New", "SETREPEAT Again", "SETREPEATERROR Differ", "GETPIN")
    assert say(person, *asked)[-3:] == [b"S PIN_REPEATED", b"D 5678", b"OK"]
    assert [shown.prompt for shown in person.shown] == ["New", "Again", "New", "Again"]
    assert [shown.error for shown in person.shown] == ["", "", "Differ", ""]


@pytest.mark.parametrize("answers", [[None], ["1234", None]])
def test_leaving_is_a_cancellation(answers: list[str | None]) -> None:
    (answer,) = say(Person(list(answers)), "SETREPEAT Again", "GETPIN")[1:]
    assert code(answer) == CANCELLED


def test_nobody_there_is_a_timeout() -> None:
    (answer,) = say(Person(gone=True), "GETPIN")
    assert code(answer) == TIMED_OUT


def test_a_consent_and_a_notice() -> None:
    assert say(Person(), "CONFIRM") == [b"OK"]
    assert code(say(Person(agrees=False), "CONFIRM")[0]) == CANCELLED
    assert say(Person(agrees=False), "CONFIRM --one-button", "MESSAGE") == [b"OK", b"OK"]


def test_unknown_words_are_refused_and_the_talk_goes_on() -> None:
    server = AssuanServer(Person())
    assert bytes(next(server.receive("EXPLODE"))).startswith(b"ERR")
    assert bytes(next(server.receive("OPTION ttyname=/dev/null"))) == b"OK"
    assert not server.over
    assert bytes(next(server.receive("BYE"))) == b"OK"
    assert server.over
