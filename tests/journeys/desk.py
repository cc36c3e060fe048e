"""What a person does at the desk, in words: log in, open, write, send. Selectors live here and nowhere else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, Response, expect

from tests.journeys.gallery import WIDE
from webmail.management.demo.places import Places

CARD_LABELS = {
    "alice": "CPS Alice Martin",
    "bob": "CPS Bob Lefèvre",
    "erin": "CPS Érin Dubois",
    "rene": "CPS René Moreau",
    "ines": "CPS Inès Caron",
}
OPENING = 30_000
# 503, or the end of a connection not answered any more: it is about to stop.
GONE = ("ERR_CONNECTION_REFUSED", "response code: 503", "closed before receiving a handshake response")
ENCRYPTED = "Message chiffré"  # what a row says before anybody has opened it


# A first visit pairs the browser with the bridge: this person finds the digits the same at once.
FINDS_DIGITS_THE_SAME = """new MutationObserver(() => document.querySelector('[data-action=same]')?.click())
  .observe(document, { subtree: true, childList: true });"""

# A page asks every twenty seconds whether it may still see what is another’s (RIGHT_ASKED_EVERY); with this every two.
ASKS_OFTEN = """const interval = globalThis.setInterval;
globalThis.setInterval = (act, every, ...more) => interval(act, every === 20_000 ? 2_000 : every, ...more);"""


@dataclass
class Desk:
    """A page of one person.

    Every error on its console is a complaint, but a refusal at one of the addresses that were taken `away` on purpose.
    """

    page: Page
    origin: str
    away: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _requests: list[str] | None = None

    def __post_init__(self) -> None:
        self.page.add_init_script(FINDS_DIGITS_THE_SAME)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message) -> None:
        # A refused login or session is an answer, not a fault of the page.
        if message.type == "error" and "401" not in message.text and "403" not in message.text:
            said = f"{message.text} {message.location['url']}"
            gone = any(words in said for words in GONE)
            refused = gone and any(address in said for address in self.away)
            (self.refusals if refused else self.complaints).append(said)

    def ask_often(self) -> "Desk":
        """Where a test waits for the page to find that a right has ended. To be said before it is opened."""
        self.page.add_init_script(ASKS_OFTEN)
        return self

    def listen(self) -> "Desk":
        """Note from now on what it asks of the network: an event for each module of a page, so only where a test wants it."""
        noted = self._requests = []
        self.page.on("request", lambda request: noted.append(request.url))
        return self

    @property
    def requests(self) -> list[str]:
        """The address of each request since `listen`."""
        assert self._requests is not None, "nobody listened"
        return self._requests

    def go(self, path: str = "/") -> None:
        self.page.goto(self.origin + path)

    def log_in_with_card(self, name: str) -> None:
        """From the entrance to the open mailbox; chooses the card where several lie on the table."""
        self.choose_card(name)
        self.page.locator(".grid, pli-list .empty").first.wait_for(timeout=OPENING)

    def choose_card(self, name: str, label: str | None = None) -> None:
        """The person's software card, or the card of that label."""
        self.go()
        self.page.get_by_role("button", name="Carte de santé").click()
        self.page.get_by_role("button", name=label or CARD_LABELS[name]).click()

    def folder(self, name: str) -> None:
        self.page.get_by_role("navigation").get_by_text(name, exact=True).click()

    def rows(self) -> list[str]:
        return [text for text in self.page.locator(".row:not(.loading) .row-what").all_inner_texts() if text]

    def wait_for_row(self, subject: str) -> None:
        self.page.locator(".row", has_text=subject).first.wait_for(timeout=OPENING)

    def open(self, subject: str) -> "Letter":
        """Open the newest message whose row shows `subject`, and wait until it is read."""
        self.page.locator(".row", has_text=subject).first.click()
        return self.opened()

    def opened(self) -> "Letter":
        self.page.locator(
            ".reader-sheet[aria-busy=false] .signature, .reader-sheet[aria-busy=false] .notice"
        ).first.wait_for(timeout=OPENING)
        return Letter(self.page)

    def write(
        self, to: Sequence[str], subject: str, text: str, files: Sequence[Path] = (), bcc: Sequence[str] = ()
    ) -> None:
        """Fill the composer without sending."""
        self.page.get_by_role("button", name="Écrire").click()
        for address in to:
            self._add("to", address)
        if bcc:
            self.page.locator("[data-action=copies]").click()
            for address in bcc:
                self._add("bcc", address)
        self.page.locator("#subject").fill(subject)
        self.page.locator("textarea.composer-text").fill(text)
        if files:
            self.page.locator("input[type=file]").set_input_files([str(file) for file in files])

    def _add(self, field_name: str, address: str) -> None:
        box = self.page.locator(f"#{field_name}-input")
        box.fill(address + ",")
        expect(box).to_have_value("")

    def send(self) -> None:
        """Press the one button and wait until the composer has closed."""
        self.press_send()
        expect(self.page.locator("textarea.composer-text")).to_have_count(0, timeout=OPENING)

    def press_send(self) -> None:
        self.page.locator("[data-action=send]").click()

    def notices(self) -> list[str]:
        return self.page.locator(".notice").all_inner_texts()


@contextmanager
def at_desks(chromium: Browser, places: Places, *names: str, timezone_id: str | None = None) -> Iterator[list[Desk]]:
    """These people, each in a browser of the own."""
    contexts = [chromium.new_context(locale="fr-FR", viewport=WIDE, timezone_id=timezone_id) for _ in names]
    try:
        for context in contexts:
            context.set_default_timeout(OPENING)
        yield [Desk(context.new_page(), places.origin(name)) for context, name in zip(contexts, names, strict=True)]
    finally:
        for context in contexts:
            context.close()


@dataclass
class Letter:
    """The message in the reader."""

    page: Page

    @property
    def subject(self) -> str:
        return self.page.locator(".reader-subject").inner_text()

    @property
    def state(self) -> str:
        return self.page.locator(".signature").get_attribute("data-state") or ""

    @property
    def signature(self) -> str:
        return self.page.locator(".signature-words").inner_text()

    @property
    def text(self) -> str:
        return self.page.locator("#message-body").inner_text()

    @property
    def attachments(self) -> list[str]:
        return self.page.locator(".attachment-name").all_inner_texts()

    def details(self) -> str:
        self.page.locator(".signature-more").click()
        return self.page.locator(".signature-details").inner_text()


__all__ = ["CARD_LABELS", "ENCRYPTED", "FINDS_DIGITS_THE_SAME", "Desk", "Letter", "Request", "Response", "at_desks"]
