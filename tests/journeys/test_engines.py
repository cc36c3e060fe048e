"""One journey in every browser engine: a virtual PIV card behind pcscd and OpenSC, the site over https.

Chromium and Firefox reach the bridge by a socket of the page; WebKitGTK, which keeps https pages from it, by the relay window.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import webkit
from browser_engine import Chromium, Engine
from firefox import PROGRAM as FIREFOX
from firefox import open_firefox
from playwright.sync_api import Browser
from ward import Ward, open_ward
from ward_desk import WardDesk
from webkit import WebKit, open_webkit

from webmail.management.demo import letters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
INSTALLED = {"firefox": FIREFOX, "webkit": webkit.DRIVER}


@pytest.fixture(scope="module")
def ward(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with open_ward(first_start, tmp_path_factory.mktemp("ward")) as ward:
        yield ward


@contextmanager
def open_chromium(chromium: Browser) -> Iterator[Engine]:
    context = chromium.new_context(locale="fr-FR", ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    yield Chromium(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def bob(ward: Ward, chromium: Browser) -> Iterator[WardDesk]:
    """A colleague, who stays at his desk for all the others."""
    with open_chromium(chromium) as engine:
        desk = WardDesk(engine, ward, "bob", ward.places.origin("bob"))
        desk.log_in()
        yield desk


@pytest.fixture(params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Engine]:
    program = INSTALLED.get(request.param)
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not installed (tools/system-packages test)")
    opening = {
        "chromium": lambda: open_chromium(chromium),
        "firefox": open_firefox,
        "webkit": lambda: open_webkit(tmp_path),
    }
    with opening[request.param]() as engine:
        yield engine


def test_log_in_read_answer(ward: Ward, bob: WardDesk, engine: Engine) -> None:
    before = len(pins_of("alice", ward))
    alice = WardDesk(engine, ward, "alice", ward.places.origin("alice"))
    alice.log_in_through_window() if isinstance(engine, WebKit) else alice.log_in()

    letter_of_openssl(ward, "Bilan")
    bilan = alice.open("Bilan")
    assert (bilan.subject, bilan.state) == ("Bilan", "S1b")
    assert "signé et chiffré par OpenSSL" in bilan.text

    bob.write([ALICE], "Mme Essai", "Peux-tu la voir jeudi ?")
    question = alice.open_new()
    assert (question.subject, question.state, question.text) == ("Mme Essai", "S1", "Peux-tu la voir jeudi ?")
    assert ward.rpps("bob") in question.signature

    alice.answer("Oui, à neuf heures.")
    answer = bob.open_new()
    assert answer.state == "S1"
    assert "Oui, à neuf heures." in answer.text
    bob.answer("Merci.")
    thanks = alice.open_new()
    assert thanks.state == "S1"
    assert "Merci." in thanks.text
    assert len(pins_of("alice", ward)) == before + 2  # to log in, and for the key that asks at each signature


def pins_of(name: str, ward: Ward) -> list[str]:
    return [prompt for prompt in ward.prompts("GETPIN") if ward.places.origin(name) in prompt]


def letter_of_openssl(ward: Ward, subject: str) -> None:
    denis, certificate = ward.places.pki / "people" / "denis", ward.places.data / "recipient-alice.pem"
    letter = letters.openssl_letter(denis, certificate, ALICE, ["-aes256"], subject)
    letters.deliver(ward.places.lmtp_port, letters.OUTSIDER, ALICE, [letters.dated(letter)])
