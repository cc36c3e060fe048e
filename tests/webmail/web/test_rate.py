"""Rate limits slow a guesser and lock nobody out (security.md test 72)."""

from typing import Any

import pytest

from tests.webmail.practitioner import Practitioner, browser
from webmail.web import rate


@pytest.mark.negative(72)
def test_guesser_is_slowed_and_victim_is_not(alice: Practitioner) -> None:
    stranger = Practitioner(alice.holder)
    for _ in range(10):
        stranger.challenge()
        stranger.post("/auth/card", {"token": {}})
    answer = stranger.post("/auth/card", {"token": {}})
    assert (answer.status_code, answer.json()["error"]) == (429, "rate-limited")
    assert 0 < answer.json()["retryAfter"] <= rate.WINDOW
    assert alice.log_in()["status"] == "ok"


def test_strangers_without_session_share_no_counter(alice: Practitioner) -> None:
    for _ in range(40):
        browser().post("/auth/challenge", "{}", content_type="application/json", REMOTE_ADDR="192.0.2.7")
    assert alice.log_in()["status"] == "ok"


def test_many_sessions_do_not_help_a_guesser(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "webmail.web.rate.time.time", lambda: 1_000_000.0
    )  # all in one minute, however slow the machine
    statuses = {
        browser().post("/auth/challenge", "{}", content_type="application/json", REMOTE_ADDR="192.0.2.7").status_code
        for _ in range(241)
    }
    assert statuses == {200, 429}


def test_allowance_returns_with_the_next_minute(alice: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    clock: dict[str, Any] = {"now": 1_000_000.0}
    monkeypatch.setattr("webmail.web.rate.time.time", lambda: clock["now"])
    alice.challenge()
    statuses = [alice.post("/auth/challenge").status_code for _ in range(31)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    clock["now"] += rate.WINDOW
    assert alice.post("/auth/challenge").status_code == 200
