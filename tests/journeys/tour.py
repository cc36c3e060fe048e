"""One smoke run: the practice, a desk for each person, and what is counted on the way."""

from desk import OPENING, Desk
from gallery import WIDE, Gallery
from playwright.sync_api import Browser, Page
from practice import Practice

OWN = ("ws://127.0.0.1:", "http://127.0.0.1:", "data:", "blob:")  # besides each person's origin: the bridge, and memory


class Tour:
    """The practice, the people's desks, and what was counted on the way."""

    alice: Desk
    bob: Desk
    chloe: Desk
    table: Page

    def __init__(self, practice: Practice, browser: Browser, gallery: Gallery) -> None:
        self.practice = practice
        self.gallery = gallery
        self.pins: dict[str, int] = {}
        self._browser = browser
        self._desks: list[Desk] = []

    def desk(self, name: str) -> Desk:
        """A browser of one's own at this person's address."""
        desk = Desk(self.page(), self.practice.places.origin(name)).listen()
        self._desks.append(desk)
        return desk

    def bridge_leaves(self) -> None:
        """It was stopped on purpose: pages that look for it are refused at its ports, and say so on the console."""
        ports = self.practice.places.bridge_ports
        for desk in self._desks:
            desk.away = tuple(f"{scheme}://127.0.0.1:{port}/" for scheme in ("ws", "http") for port in ports)

    def page(self) -> Page:
        context = self._browser.new_context(locale="fr-FR", viewport=WIDE, color_scheme="light")
        context.set_default_timeout(OPENING)
        return context.new_page()

    def shoot(self, desk: Desk, name: str) -> None:
        self.gallery.shoot(desk.page, name)

    def asked(self) -> int:
        """PINs asked until now."""
        return len(self.practice.prompts("GETPIN"))

    def photograph_failure(self) -> None:
        for number, desk in enumerate(self._desks, 1):
            desk.page.screenshot(path=self.gallery.folder / f"failed-{number}.png")

    def complaints(self) -> list[str]:
        return [words for desk in self._desks for words in desk.complaints]

    def refusals(self) -> list[str]:
        """What was refused while the bridge was away."""
        return [words for desk in self._desks for words in desk.refusals]

    def foreign(self) -> list[str]:
        """Requests that left the person's origin and the bridge."""
        return [url for desk in self._desks for url in desk.requests if not url.startswith((desk.origin + "/", *OWN))]

    @property
    def clean(self) -> bool:
        return not self.complaints() and not self.foreign()

    def summary(self) -> str:
        for words in [*self.complaints(), *self.foreign()]:
            print(f"     {words}")
        return ", ".join(
            (
                counted(self.gallery.taken, "screenshot"),
                f"PIN {self.pins['login']} for login and opening, {self.pins['letters']} for ten letters",
                counted(len(self.practice.prompts("CONFIRM")), "consent"),
                counted(len(self.complaints()), "console error")
                + f" (besides {len(self.refusals())} at the ports of the stopped bridge)",
                counted(len(self.foreign()), "foreign request"),
            )
        )


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
