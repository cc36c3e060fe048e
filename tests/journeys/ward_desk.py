"""What a person does at a desk of the ward, in any engine: pair, log in, open, write, answer. Selectors and French words live here."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from browser_engine import Engine
from desk import ENCRYPTED, OPENING
from ward import Ward

_SHOWN = """(selector, text) => [...document.querySelectorAll(selector)]
  .some((each) => each.checkVisibility() && !each.disabled && each.textContent.includes(text))"""
_TEXT = "(selector) => document.querySelector(selector)?.innerText ?? ''"
_ROWS = "() => [...document.querySelectorAll('.row:not(.loading)')].map((each) => each.dataset.message)"
_ROW = """(subject, others) => [...document.querySelectorAll('.row:not(.loading)')]
  .find((each) => each.textContent.includes(subject) && !others.includes(each.dataset.message))?.dataset.message"""
_LETTER = """(id) => {
  const reader = document.querySelector('pli-reader');
  const sheet = reader?.row?.id === id && reader.querySelector('.reader-sheet[aria-busy=false]');
  const signature = sheet && sheet.querySelector('.signature');
  return signature && {
    subject: sheet.querySelector('.reader-subject').innerText,
    state: signature.dataset.state,
    signature: signature.querySelector('.signature-words').innerText,
    text: sheet.querySelector('#message-body')?.innerText.trim() ?? '',
  };
}"""


@dataclass(frozen=True)
class Letter:
    """A message as its reader sees it."""

    subject: str
    state: str
    signature: str
    text: str


@dataclass
class WardDesk:
    """One person in front of one browser."""

    engine: Engine
    ward: Ward
    name: str
    origin: str
    opened: list[str] = field(default_factory=list)

    def go(self, path: str = "/") -> None:
        self.engine.go(self.origin + path)

    def until(self, function: str, *arguments: Any, milliseconds: int = OPENING) -> Any:
        """What the page answers, once it is true."""
        return self._wait(lambda: self.engine.evaluate(function, *arguments), arguments or function, milliseconds)

    def _wait(self, look: Callable[[], Any], wanted: object, milliseconds: int = OPENING) -> Any:
        end = time.monotonic() + milliseconds / 1000
        while not (answer := look()):
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} waits in vain for {wanted}; the page shows:\n{self.words('body')}")
            time.sleep(0.05)
        return answer

    def sees(self, selector: str, text: str = "") -> None:
        self.until(_SHOWN, selector, text)

    def press(self, selector: str, text: str = "") -> None:
        """Click what is there, or will be in a moment."""
        self.sees(selector, text)
        self.engine.click(selector, text)

    def words(self, selector: str) -> str:
        return str(self.engine.evaluate(_TEXT, selector))

    def enter(self) -> None:
        """The entrance, in French whatever the browser's language is."""
        self.go()
        self.sees("[data-action=card]")
        if self.engine.evaluate(_SHOWN, "button[lang=fr]", ""):
            self.press("button[lang=fr]")

    def log_in(self) -> None:
        """From the entrance to the open mailbox, as on a first visit: pairing comes before the card."""
        self.enter()
        self.press("[data-action=card]")
        self.pair()
        self.choose_card()

    def log_in_through_window(self) -> None:
        """The same where the browser keeps the page from the bridge: each attempt opens a window of the bridge, on a click."""
        self.enter()
        self.press("[data-action=card]")
        self.open_window()
        self.pair()
        self.choose_card()

    def open_window(self) -> None:
        """The link window; it closes where the bridge does not know this browser, and another click opens it for pairing."""
        self.press("[data-action=window]")
        self.press("[data-action=pair]")

    def pair(self) -> None:
        """Compare the digits of the page with those of the bridge's own window, and agree to them."""
        self.sees("[data-action=same]")
        digits = self.digits()
        self._wait(lambda: self.ward.paired_digits()[-1:] == [digits], f"the bridge shows {digits}")
        self.press("[data-action=same]")

    def digits(self) -> str:
        return str(self.engine.evaluate("() => document.querySelector('.digits').dataset.digits"))

    def choose_card(self) -> None:
        """By the reader it lies in: this site does not know yet whose cards these are."""
        self.press("[data-card]", self.ward.reader_of(self.name))
        self.in_mailbox()

    def in_mailbox(self) -> None:
        self.sees(".row:not(.loading) .row-what")
        self.opened = self.engine.evaluate(_ROWS)

    def open(self, subject: str) -> Letter:
        """Open the message that has arrived since and whose row shows `subject`, and wait until it is read."""
        message = self.until(_ROW, subject, self.opened)
        self.opened.append(message)
        self.press(f".row[data-message='{message}']")
        return Letter(**self.until(_LETTER, message))

    def open_new(self) -> Letter:
        """The next sealed message that arrives."""
        return self.open(ENCRYPTED)

    def write(self, to: Sequence[str], subject: str, text: str) -> None:
        self.press("[data-action=compose]")
        self.sees("#to-input")
        for address in to:
            self.engine.write("#to-input", address + ",")
        self.engine.write("#subject", subject)
        self.engine.write("textarea.composer-text", text)
        self.send()

    def answer(self, text: str) -> None:
        """Answer the message that is open."""
        self.press("[data-command=reply]")
        self.sees("textarea.composer-text")
        self.engine.write("textarea.composer-text", text)
        self.send()

    def send(self) -> None:
        self.press("[data-action=send]:enabled")  # a click on what is not yet possible is lost
        self.until("() => !document.querySelector('textarea.composer-text')")
