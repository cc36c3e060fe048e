"""Pictures of a page as people see it: on a desk, on a phone, in the dark."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, ViewportSize

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SETTLING = 200  # milliseconds: transitions are shorter


@dataclass
class Gallery:
    """A folder of pictures for people to look at, and how many were taken."""

    folder: Path
    taken: int = 0

    def shoot(self, page: Page, name: str) -> None:
        """`name-wide.png`, `name-phone.png`, `name-dark.png`; the page is wide and light afterwards."""
        self._take(page, f"{name}-wide")
        page.emulate_media(color_scheme="dark")
        self._take(page, f"{name}-dark")
        page.emulate_media(color_scheme="light")
        # Stays attached: detaching any session would unplug the page's virtual authenticator.
        touch = page.context.new_cdp_session(page)
        hold(page, touch, phone=True)
        self._take(page, f"{name}-phone")
        hold(page, touch, phone=False)

    def _take(self, page: Page, name: str) -> None:
        page.wait_for_timeout(SETTLING)
        page.screenshot(path=self.folder / f"{name}.png")
        self.taken += 1


class NoGallery(Gallery):
    """Where nobody looks at them: three pictures of a page take a second, and prove nothing."""

    def __init__(self) -> None:
        super().__init__(Path())

    def shoot(self, page: Page, name: str) -> None:
        pass


def hold(page: Page, touch: CDPSession, *, phone: bool) -> None:
    """As a phone is held, or back on the desk."""
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": phone})
    page.set_viewport_size(PHONE if phone else WIDE)
