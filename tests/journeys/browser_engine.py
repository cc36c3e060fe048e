"""What a journey asks of a browser, whichever engine is in it."""

from typing import Any, Protocol

from playwright.sync_api import Error, Page

from tests.chromium import in_time

_LEFT = "Execution context was destroyed"


class Engine(Protocol):
    """One window of a fresh profile."""

    def go(self, url: str) -> None:
        """Load a page."""

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page's realm, given as source, with JSON arguments; its JSON result."""

    def click(self, selector: str, text: str = "") -> None:
        """Press the mouse, as a hand does, on the first element shown that matches and contains the text."""

    def write(self, selector: str, text: str) -> None:
        """Click into a field and type."""


class Chromium:
    """A page of Playwright's, with the clicks and keys of a person."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, url: str) -> None:
        self.page.goto(url)

    def evaluate(self, function: str, *arguments: Any) -> Any:
        call = in_time(f"(all) => ({function})(...all)")
        try:
            return self.page.evaluate(call, list(arguments))
        except Error as error:
            if _LEFT not in str(error):
                raise
        self.page.wait_for_load_state()  # the page was being left
        return self.page.evaluate(call, list(arguments))

    def click(self, selector: str, text: str = "") -> None:
        self.page.locator(selector, has_text=text).locator("visible=true").first.click()

    def write(self, selector: str, text: str) -> None:
        self.click(selector)
        self.page.keyboard.type(text)
