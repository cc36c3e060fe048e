"""`pli-bridge pair`, `pairings`, `unpair`, `stop`: what a person decides at the bridge about sites."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import PINS, ROOT, RunningBridge, running_bridge

SITE = "https://other.example"


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path, sample_pki.directory) as running:
        yield running


def command(bridge: RunningBridge, *arguments: str) -> tuple[int, str, str]:
    line = [sys.executable, "-m", "bridge", *arguments, "--policy", str(bridge.folder / "policy.json")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout, done.stderr


def refused(bridge: RunningBridge, origin: str) -> bool:
    try:
        bridge.page(origin).close()
    except InvalidStatus as answer:
        return answer.response.status_code == 404
    return False


def test_a_site_pairs_only_after_a_person_opened_it(bridge: RunningBridge) -> None:
    assert refused(bridge, SITE)
    code, said, _ = command(bridge, "pair", SITE + "/login?next=x")
    assert code == 0
    assert SITE in said
    asked = bridge.prompts("confirm")[-1]["description"]
    assert "Let the site other.example link to this card program?" in asked
    assert "Asked by: you, at this computer" in asked
    with bridge.page(SITE) as page:
        assert page.call("bridge.status")["version"]
        assert page.digits in bridge.prompts("pair")[-1]["description"]
    with bridge.page(SITE) as again:
        assert again.digits == ""
    assert refused(bridge, "https://third.example")


def test_what_a_person_refuses_stays_closed(bridge: RunningBridge) -> None:
    bridge.set_pins({**PINS, "cancel": "confirm"})
    code, said, why = command(bridge, "pair", SITE)
    assert (code, said) == (2, "")
    assert why.startswith(f"pli-bridge: pairing with {SITE} was not agreed to")
    assert refused(bridge, SITE)


def test_a_link_asks_in_its_own_name(bridge: RunningBridge) -> None:
    assert command(bridge, "link", "pli-bridge:pair?origin=https%3A%2F%2Fother.example")[0] == 0
    asked = bridge.prompts("confirm")[-1]["description"]
    assert "Let the site other.example link to this card program?" in asked
    assert "Asked by: a link in your browser" in asked
    assert not refused(bridge, SITE)


def test_links_cannot_bury_a_person_in_questions(bridge: RunningBridge) -> None:
    """Whichever sites they name; the person's own command still asks."""
    bridge.set_pins({**PINS, "cancel": "confirm"})
    codes = [command(bridge, "link", f"pli-bridge:pair?origin=https://s{number}.example") for number in range(4)]
    assert len(bridge.prompts("confirm")) == 2  # a slip of the hand, and then half a minute
    assert "rate limited" in codes[-1][2]
    command(bridge, "pair", SITE)
    assert len(bridge.prompts("confirm")) == 3


@pytest.mark.parametrize(
    "address",
    [
        "http://other.example",
        "other.example",
        "https://",
        "https://[",
        "https://a@b.example",
        "file:///etc",
        "javascript:x",
    ],
)
def test_only_an_address_of_a_site_is_opened(bridge: RunningBridge, address: str) -> None:
    code, _, why = command(bridge, "pair", address)
    assert code == 2
    assert "is no address of a site" in why
    assert bridge.prompts() == []


def test_pairings_are_listed_and_forgotten(bridge: RunningBridge) -> None:
    assert command(bridge, "pairings")[:2] == (0, "No site is paired.\n")
    command(bridge, "pair", SITE)
    with bridge.page(SITE) as page:
        assert page.call("bridge.status")["version"]
        assert command(bridge, "pairings")[1].startswith(SITE + "\t")
        assert command(bridge, "unpair", SITE)[:2] == (0, "Forgotten: 1\n")
        with pytest.raises(ConnectionClosed):
            page.wait_for("nothing", timeout=5)
    assert refused(bridge, SITE)
    assert command(bridge, "unpair", SITE)[0] == 1
    journal = [json.loads(line) for line in (bridge.folder / "state" / "journal.log").read_text().splitlines()]
    kept = [(line["method"], line["origin"], line["result"]) for line in journal if "pair" in line["method"]]
    assert kept == [
        ("pair-open", SITE, "ok"),
        ("pair", SITE, "ok"),
        ("unpair", SITE, "ok"),
        ("unpair", SITE, "nothing"),
    ]


def test_with_the_pairing_ends_what_the_site_was_allowed_to_see(bridge: RunningBridge) -> None:
    for _ in range(2):
        command(bridge, "pair", SITE)
        bridge.identities.pop(SITE, None)
        with bridge.page(SITE) as page:
            (card, *_) = page.call("card.list")["cards"]
            for _ in range(2):
                page.call("cert.get", card=card["card"], key=card["keys"][0]["key"])
            command(bridge, "unpair", SITE)
    asked = [prompt for prompt in bridge.prompts("confirm") if "certificate" in prompt["description"]]
    assert len(asked) == 2


def test_a_bridge_is_stopped(bridge: RunningBridge) -> None:
    assert command(bridge, "stop")[0] == 0
    assert bridge.process.wait(timeout=20) == 0
    code, _, why = command(bridge, "stop")
    assert (code, why) == (1, "pli-bridge: no bridge of this user runs\n")
