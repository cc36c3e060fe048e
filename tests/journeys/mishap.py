"""What a person sees when something goes wrong: the words in both languages, and pictures of them on request."""

import os
from pathlib import Path

from desk import OPENING
from playwright.sync_api import Page

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ALARM = ".notice[role=alert]"


def alarm(page: Page, containing: str = "") -> str:
    """The words of the first error on the page (that holds these words), once it is there."""
    found = page.locator(ALARM, has_text=containing).first
    found.wait_for(timeout=OPENING)
    return found.locator(".notice-text").inner_text()


def in_english(page: Page, selector: str) -> str:
    """What `selector` says after a click on "English"; the page is French again afterwards."""
    page.get_by_role("button", name="English").first.click()
    page.get_by_role("button", name="Français").first.wait_for()
    words = page.locator(selector).first.inner_text()
    page.get_by_role("button", name="Français").first.click()
    page.get_by_role("button", name="English").first.wait_for()
    return words


def shoot(page: Page, name: str) -> None:
    """Pictures for people to look at, wide and phone, where PLI_SHOTS names a folder."""
    folder = os.environ.get("PLI_SHOTS")
    if not folder:
        return
    for kind, size in (("phone", PHONE), ("wide", WIDE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.wait_for_timeout(150)
        page.screenshot(path=str(Path(folder) / f"{name}-{kind}.png"))
