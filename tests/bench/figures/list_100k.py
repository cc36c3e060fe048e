"""One page of a folder of 100,000 messages by JMAP, as the list asks for it: 50 ids and their records, anywhere in it."""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailboxes import ROOT, environment
from measuring import line, percentile

from tests.journeys.practice import open_practice
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.practice import PRACTITIONERS, find_card, log_in

NAMES = ("list_100k",)
COUNT, PAGE, REQUESTS, WARM_UP = 100_000, 50, 200, 5
CAPABILITIES = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "https://pli.example/jmap/keys"]
PROPERTIES = ["id", "blobId", "mailboxIds", "keywords", "size", "receivedAt", "epoch", "packId"]
PERSON = PRACTITIONERS[0]


def measure(_names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as folder, open_practice(Path(folder)) as practice:
        fill = [sys.executable, Path(__file__).parents[1] / "fill_folder.py", PERSON.address, str(COUNT)]
        subprocess.run(fill, env=environment(practice.server_environment()), cwd=ROOT, check=True)
        with HeadlessPage(practice.places.origin(PERSON.name), practice.bridge_port) as page:
            log_in(page, find_card(page, PERSON))
            taken = list(requests(page))
    yield line("list_100k", percentile(taken, 95), "ms p95", "goal", 50)


def requests(page: HeadlessPage) -> Iterator[float]:
    account_id = next(iter(jmap_session(page)["accounts"]))
    (folders,) = jmap(page, ["Mailbox/get", {"accountId": account_id, "ids": None}, "f"])
    inbox = next(folder["id"] for folder in folders["list"] if folder["role"] == "inbox")
    places = random.Random(1)
    for number in range(REQUESTS + WARM_UP):
        query = {
            "accountId": account_id,
            "filter": {"inMailbox": inbox},
            "sort": [{"property": "receivedAt", "isAscending": False}],
            "position": places.randrange(COUNT - PAGE),
            "limit": PAGE,
            "calculateTotal": True,
        }
        reference = {"resultOf": "q", "name": "Email/query", "path": "/ids"}
        get = {"accountId": account_id, "#ids": reference, "properties": PROPERTIES}
        begin = time.perf_counter()
        _found, emails = jmap(page, ["Email/query", query, "q"], ["Email/get", get, "g"])
        if number >= WARM_UP:
            yield (time.perf_counter() - begin) * 1000
        if len(emails["list"]) != PAGE:
            raise RuntimeError("a page is not full")


def jmap_session(page: HeadlessPage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get("/.well-known/jmap"))
    return found


def jmap(page: HeadlessPage, *calls: list[Any]) -> list[dict[str, Any]]:
    answer = page.post("/jmap/api", {"using": CAPABILITIES, "methodCalls": list(calls)})
    return [response[1] for response in answer["methodResponses"]]
