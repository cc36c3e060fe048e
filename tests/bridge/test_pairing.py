"""Who may pair now: the administrator's origins, a window that a person opened, and a person who is not bothered for ever."""

from pathlib import Path

import pytest

from bridge import p256
from bridge.handshake import Agreement
from bridge.handshake_limits import IN_ALL, PER_ORIGIN, WINDOW_SECONDS, HandshakeLimits
from bridge.origins import Origins
from bridge.pairing import OPEN_SECONDS, Pairing, browser_name
from bridge.pairings import Pairings
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError
from bridge.secure_channel import SecureChannel

OURS, OTHER = "https://mail.pli.example", "https://xn--hpital-xxa.example:8443"
CHANNEL = SecureChannel(bytes(32), bytes(32))
PAGE = p256.point_of(p256.generate())
PAIRS, KNOWN = Agreement(CHANNEL, PAGE, True, "123 456"), Agreement(CHANNEL, PAGE, False, "123 456")


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pairing(tmp_path: Path, clock: Clock) -> Pairing:
    return Pairing(Origins([OURS]), Pairings(tmp_path), clock)


def agrees(_purpose: Purpose) -> None:
    return


def refuses(_purpose: Purpose) -> None:
    raise RpcError("USER_CANCELLED")


def test_an_origin_of_the_policy_may_pair_at_any_time(pairing: Pairing) -> None:
    assert pairing.admits(OURS)
    assert pairing.state(OURS, KNOWN) == "not-paired"
    assert pairing.state(OURS, PAIRS) == "pairing"


@pytest.mark.negative(51)
def test_another_origin_is_unknown_but_for_two_minutes(pairing: Pairing, clock: Clock) -> None:
    assert not pairing.admits(OTHER)
    pairing.open(OTHER)
    clock.now += OPEN_SECONDS - 1
    assert pairing.admits(OTHER)
    assert pairing.state(OTHER, PAIRS) == "pairing"
    clock.now += 1
    assert not pairing.admits(OTHER)
    assert pairing.state(OTHER, PAIRS) == "not-paired"


def test_the_window_is_for_one_page(pairing: Pairing) -> None:
    pairing.open(OTHER)
    assert pairing.ask(OTHER, PAIRS, "Firefox", agrees) == "ready"
    assert not pairing.is_open(OTHER)
    assert pairing.admits(OTHER)
    assert pairing.state(OTHER, KNOWN) == "ready"


@pytest.mark.negative(51)
def test_of_two_pages_that_were_asked_about_in_one_window_one_is_paired(pairing: Pairing) -> None:
    """The second question waited while the first was answered."""
    pairing.open(OTHER)
    second = Agreement(CHANNEL, p256.point_of(p256.generate()), True, "654 321")
    assert pairing.ask(OTHER, second, "", lambda _: check_first(pairing)) == "refused"
    assert [page.key for page in pairing.pages.all()] == [PAGE]


def check_first(pairing: Pairing) -> None:
    assert pairing.ask(OTHER, PAIRS, "", agrees) == "ready"


def test_a_window_that_the_person_closed_meanwhile_pairs_nobody(pairing: Pairing) -> None:
    pairing.open(OTHER)
    assert pairing.ask(OTHER, PAIRS, "", lambda _: pairing.close(OTHER)) == "refused"
    assert pairing.pages.all() == []


def test_a_question_may_take_longer_than_the_window(pairing: Pairing, clock: Clock) -> None:
    pairing.open(OTHER)

    def thinks(_purpose: Purpose) -> None:
        clock.now += OPEN_SECONDS

    assert pairing.ask(OTHER, PAIRS, "", thinks) == "ready"


def test_a_known_page_that_lost_our_key_compares_digits_again(pairing: Pairing) -> None:
    pairing.ask(OURS, PAIRS, "", agrees)
    assert pairing.state(OURS, KNOWN) == "ready"
    assert pairing.state(OURS, PAIRS) == "pairing"


def test_a_person_sees_the_host_as_the_browser_writes_it_and_the_digits(pairing: Pairing) -> None:
    shown: list[Purpose] = []
    pairing.ask(OTHER, PAIRS, "", shown.append)
    assert shown == [Purpose("pair", (("host", "xn--hpital-xxa.example:8443"), ("digits", "123 456")))]


def test_a_refusal_leaves_nothing(pairing: Pairing) -> None:
    assert pairing.ask(OURS, PAIRS, "", refuses) == "refused"
    assert pairing.pages.all() == []
    assert pairing.state(OURS, KNOWN) == "not-paired"


def test_handshakes_of_one_origin_are_counted_until_they_prove_harmless() -> None:
    limits = HandshakeLimits(clock := Clock())
    assert [limits.begin(OURS) for _ in range(PER_ORIGIN + 1)] == [True] * PER_ORIGIN + [False]
    assert limits.begin(OTHER)
    limits.harmless(OURS)
    assert limits.begin(OURS)
    assert not limits.begin(OURS)
    clock.now += WINDOW_SECONDS
    assert limits.begin(OURS)


def test_all_origins_together_have_a_limit() -> None:
    limits = HandshakeLimits(Clock())
    begun = [limits.begin(f"https://{number}.example") for number in range(IN_ALL + 5)]
    assert begun == [True] * IN_ALL + [False] * 5


def test_a_thousand_reloads_of_a_paired_page_are_none_too_many() -> None:
    limits = HandshakeLimits(Clock())
    for _ in range(1000):
        assert limits.begin(OURS)
        limits.harmless(OURS)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
            "Chromium",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari"),
        ("Python/3.11 websockets/16", ""),
        ("", ""),
    ],
)
def test_browsers_by_name(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
