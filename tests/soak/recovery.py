"""A card is destroyed and no bridge runs: of 10,000 old messages, how many the recovery code opens, and after how long it reads.

Then the code lets the next card in by the bridge, which gives keys of messages by the minute and hour: of the newest of the same
messages, how many that card opens alone.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "journeys")]

from desk import Desk  # noqa: E402 - after the paths
from lost_card import (  # noqa: E402
    bring_bridge_back,
    come_back,
    come_with_card,
    destroy_card,
    let_in_by_code,
    make_code,
    read_everything,
    receive,
    recorded,
)
from next_card import issue_next_card  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from practice import Practice, open_practice  # noqa: E402

from tests.chromium import PROGRAM  # noqa: E402
from tests.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.proofs import keep_proof  # noqa: E402

ROW = 10_000  # messages that the capability asks for
READS_WITHIN = 300  # seconds, the same
WITHIN_A_MINUTE = 500  # of the 600 messages that the bridge opens in one (budgets.py)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=ROW)
    count = parser.parse_args().messages
    with (
        tempfile.TemporaryDirectory(prefix="pli-recovery-") as folder,
        sync_playwright() as playwright,
        open_practice(Path(folder)) as practice,
    ):
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=CHROMIUM_FLAGS)
        found = play(browser, practice, count)
        browser.close()
    print(json.dumps(found))
    is_good = (
        found["value"] == count
        and found["byNextCard"] >= min(count, WITHIN_A_MINUTE)
        and not found["refused"]
        and found["recorded"] == 1
    )
    if count >= ROW:
        keep_proof("soak-recovery", "CO17", passed=is_good and found["secondsToRead"] < READS_WITHIN)
    return 0 if is_good else 1


def play(browser: Browser, practice: Practice, count: int) -> dict[str, Any]:
    """The figure: the old messages that opened, seconds from the entrance to the first one read, and seconds for all."""
    alice = Desk(browser.new_context(locale="fr-FR").new_page(), practice.places.origin("alice"))
    alice.log_in_with_card("alice")
    code = make_code(alice)
    receive(practice, count)
    destroy_card(practice, "alice")
    alice.page.context.close()
    desk, first = come_back(browser, practice, code)
    began = time.monotonic()
    found = read_everything(desk)
    seconds = time.monotonic() - began
    desk.page.context.close()

    label = issue_next_card(practice, "alice", 1)
    bring_bridge_back(practice)
    let_in_by_code(browser, practice, label, code).page.context.close()
    desk = come_with_card(browser, practice, label)
    after = read_everything(desk, bridge=True, enough=WITHIN_A_MINUTE)
    return {
        "figure": "recovered_messages",
        "value": len(found["opened"]),
        "unit": "messages",
        "listed": found["total"],
        "refused": len(found["refused"]) + len(after["refused"]),
        "byNextCard": len(after["opened"]),
        "recorded": recorded(desk, "session", "login", "code de secours"),
        "secondsToRead": round(first, 1),
        "secondsForAll": round(seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
