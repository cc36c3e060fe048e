"""A site on the network, and the browser's permission to reach this computer: asked for, given, refused.

The site is one to the browser, which finds it on this computer all the same (WICG Local Network Access §3: address spaces).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
from browser_engine import Chromium, Engine
from firefox import Firefox, open_firefox
from playwright.sync_api import Browser
from ward import PUBLIC, Ward, open_ward
from ward_desk import WardDesk

from tests.conftest import CHROMIUM_FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
State = Literal["prompt", "granted", "denied"]
BLOCKED = "Le navigateur n’a pas autorisé cette page à joindre le programme de carte."
ALLOW_AGAIN = "autorisez"
EXPLAINED, ASKING = "Votre navigateur va poser une question", "Votre navigateur pose une question"
STATE = "async () => (await navigator.permissions.query({ name: 'loopback-network' })).state"


class Cautious(Engine, Protocol):
    """An engine that asks before a site reaches this computer."""

    def answer(self, state: State) -> None:
        """What the person answers, or has answered before."""

    def be_asked(self, desk: WardDesk, state: State) -> None:
        """Let the page make the browser ask, and answer."""


class CautiousChromium(Chromium):
    """Without a screen it refuses in the person's place: whoever will say yes has to say so before."""

    def __init__(self, browser: Browser, origin: str) -> None:
        context = browser.new_context(locale="fr-FR", ignore_https_errors=True)
        super().__init__(context.new_page())
        self.origin = origin
        self._tools = browser.new_browser_cdp_session()
        target = context.new_cdp_session(self.page).send("Target.getTargetInfo")
        self._context_id = target["targetInfo"]["browserContextId"]

    def answer(self, state: State) -> None:
        permission = {"permission": {"name": "loopback-network"}, "setting": state, "origin": self.origin}
        self._tools.send("Browser.setPermission", {**permission, "browserContextId": self._context_id})

    def be_asked(self, desk: WardDesk, state: State) -> None:
        if state == "granted":
            self.answer(state)
        desk.press("[data-action=allow-bridge]")


class CautiousFirefox:
    """Waits for an answer."""

    def __init__(self, firefox: Firefox, origin: str) -> None:
        self._firefox, self.origin = firefox, origin

    def __getattr__(self, name: str) -> Any:
        return getattr(self._firefox, name)

    def answer(self, state: State) -> None:
        self.permit("loopback-network", state, self.origin)

    def be_asked(self, desk: WardDesk, state: State) -> None:
        """BiDi answers for the site; the question on the screen stays there, so the person comes again."""
        desk.press("[data-action=allow-bridge]")
        desk.sees("h1", ASKING)
        self.answer(state)
        desk.enter()
        desk.press("[data-action=card]")


@pytest.fixture(scope="module")
def ward(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with open_ward(first_start, tmp_path_factory.mktemp("ward")) as ward:
        yield ward


@pytest.fixture(scope="module")
def far_chromium(ward: Ward, chromium: Browser) -> Iterator[Browser]:
    """To this one the site's port is on the internet."""
    where = f"--ip-address-space-overrides=127.0.0.1:{ward.places.web_port}=public"
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules=MAP *.{PUBLIC} 127.0.0.1", where]
    browser = chromium.browser_type.launch(executable_path="/usr/bin/chromium", args=flags)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def far_firefox(ward: Ward) -> Iterator[Firefox]:
    names = ",".join(origin.partition("//")[2].partition(":")[0] for origin in ward.site.public.origins())
    settings = {
        "network.dns.localDomains": names,
        "permissions.isolateBy.userContext": True,
        "network.lna.enabled": True,
        "network.lna.blocking": True,
        "network.lna.websocket.enabled": True,
        "network.lna.address_space.public.override": f"127.0.0.1:{ward.places.web_port}",
    }
    with open_firefox(settings) as firefox:
        yield firefox


@pytest.fixture(params=["chromium", "firefox"])
def alice(request: pytest.FixtureRequest, ward: Ward) -> Iterator[WardDesk]:
    origin = ward.site.public.origin("alice")
    if request.param == "chromium":
        engine = CautiousChromium(request.getfixturevalue("far_chromium"), origin)
        yield WardDesk(engine, ward, "alice", origin)
        engine.page.context.close()
        return
    with request.getfixturevalue("far_firefox").apart() as firefox:
        yield WardDesk(CautiousFirefox(firefox, origin), ward, "alice", origin)


def test_granted(alice: WardDesk) -> None:
    alice.engine.answer("granted")
    alice.log_in()


def test_asked_for_after_an_explanation(alice: WardDesk) -> None:
    """Nothing is asked, of the browser or of the bridge, before the person knows what will come."""
    pairings = len(alice.ward.paired_digits())
    alice.enter()
    alice.press("[data-action=card]")
    alice.sees("h1", EXPLAINED)
    assert alice.engine.evaluate(STATE) == "prompt"
    assert len(alice.ward.paired_digits()) == pairings
    alice.engine.be_asked(alice, "granted")
    alice.pair()
    alice.choose_card()


def test_refused_when_asked(alice: WardDesk) -> None:
    alice.enter()
    alice.press("[data-action=card]")
    alice.engine.be_asked(alice, "denied")
    alice.sees(".notice", BLOCKED)


def test_refused_before(alice: WardDesk) -> None:
    """The page says so, how to allow it again, and that there is another way: the link window goes through."""
    alice.engine.answer("denied")
    alice.enter()
    alice.press("[data-action=card]")
    alice.sees(".notice", BLOCKED)
    assert ALLOW_AGAIN in alice.words(".notice")
    alice.open_window()
    alice.pair()
    alice.choose_card()
    assert alice.engine.evaluate(STATE) == "denied"


def test_allowed_again(alice: WardDesk) -> None:
    alice.engine.answer("denied")
    alice.enter()
    alice.press("[data-action=card]")
    alice.sees(".notice", BLOCKED)
    alice.engine.answer("granted")
    alice.log_in()
