"""Real prompt programs on a pseudo-terminal with a person at it: pinentry-curses, pinentry-tty and our own dialog."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bridge.prompts.assuan import AssuanPrompter
from bridge.prompts.choice import own_dialog, pinentry_options
from bridge.prompts.requests import ConsentRequest, PinRequest
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError
from tests.bridge.prompts.terminals import Terminal

PROGRAMS = ("pinentry-curses", "pinentry-tty", "own")
ENVIRONMENT = {"TERM": "xterm", "LC_ALL": "C.UTF-8"}

Ask = Any


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with Terminal() as opened:
        yield opened


@pytest.fixture(params=PROGRAMS)
def prompter(request: pytest.FixtureRequest, terminal: Terminal) -> AssuanPrompter:
    return on_terminal(request.param, terminal)


def on_terminal(program: str, terminal: Terminal, seconds: int = 20) -> AssuanPrompter:
    command = own_dialog("terminal", terminal.device) if program == "own" else (program,)
    options = pinentry_options(ENVIRONMENT, terminal.device)
    return AssuanPrompter(command[0], command[1:], Wording("fr"), seconds, options)


def test_what_is_typed_comes_back_and_is_not_shown(
    prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.ask_pin(pin_request, cancelled))
    terminal.wait_for("Code PIN")
    terminal.type("86é24\r")
    assert asked.typed() == "86é24"
    for fact in ("a@b.example", "https://mail.example", "Reader 1", "CPS Alice (S-1)", "Essais restants\u00a0: 3"):
        assert fact in terminal.shown
    assert "86é24" not in terminal.shown


def test_a_new_pin_is_typed_twice(
    prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.ask_new_pin(pin_request, cancelled))
    seen = terminal.wait_for("Nouveau code")
    terminal.type("1234\r")
    terminal.wait_for("Encore une fois", since=seen)
    terminal.type("1234\r")
    assert asked.typed() == "1234"


def test_two_new_pins_that_differ_are_asked_again(
    prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.ask_new_pin(pin_request, cancelled))
    seen = terminal.wait_for("Nouveau code")
    terminal.type("1234\r")
    seen = terminal.wait_for("Encore une fois", since=seen)
    terminal.type("1243\r")
    seen = terminal.wait_for("Les deux codes diff", since=seen)
    seen = terminal.wait_for("Nouveau code", since=seen)  # what is typed before may be flushed away
    terminal.type("5678\r")
    terminal.wait_for("Encore une fois", since=seen)
    terminal.type("5678\r")
    assert asked.typed() == "5678"


def test_a_person_who_leaves_gives_nothing(
    request: pytest.FixtureRequest, prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.ask_pin(pin_request, cancelled))
    seen = terminal.wait_for("Code PIN")
    terminal.type("12")
    if request.node.callspec.params["prompter"] == "pinentry-curses":
        terminal.wait_for("**", since=seen)
    # Where Ctrl-C meets the drawing of pinentry-curses, that program hangs until its time is over.
    terminal.type("\x03")
    with pytest.raises(RpcError, match=r"user cancelled|pin timeout"):
        asked.result()


def test_a_card_that_goes_takes_the_prompt_away(
    prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.ask_pin(pin_request, cancelled))
    terminal.wait_for("Code PIN")
    asked.cancelled.set()
    with pytest.raises(RpcError, match="user cancelled"):
        asked.result()


@pytest.mark.parametrize("program", PROGRAMS)
def test_nobody_there_is_a_timeout(program: str, terminal: Terminal, pin_request: PinRequest, ask: Ask) -> None:
    asked = ask(lambda cancelled: on_terminal(program, terminal, seconds=1).ask_pin(pin_request, cancelled))
    with pytest.raises(RpcError, match="pin timeout"):
        asked.result()


def test_a_consent_is_given_by_a_key(
    prompter: AssuanPrompter, terminal: Terminal, consent_request: ConsentRequest, ask: Ask
) -> None:
    asked = ask(lambda cancelled: prompter.confirm(consent_request, cancelled))
    terminal.wait_for("https://mail.example")
    terminal.wait_for("accepter")
    terminal.type("o\r")
    asked.result()


def test_what_the_pad_asks_stands_until_it_is_done(
    prompter: AssuanPrompter, terminal: Terminal, pin_request: PinRequest, ask: Ask
) -> None:
    asked = ask(lambda over: prompter.show_pinpad(replace(pin_request, tries=None), over))
    terminal.wait_for("clavier du lecteur")
    terminal.wait_for("https://mail.example")
    asked.cancelled.set()
    with pytest.raises(RpcError, match="user cancelled"):
        asked.result()
