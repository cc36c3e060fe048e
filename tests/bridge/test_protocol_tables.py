"""docs/PROTOCOL.md, `bridge/protocol.py` and `static/js/bridge/messages.js` say the same of methods, errors and limits."""

import re
from pathlib import Path
from typing import get_args

from bridge.cms import algorithms
from bridge.commands import VERBS
from bridge.desk.events import EndReason
from bridge.mailboxes import Reason
from bridge.methods import METHODS as SLOW
from bridge.methods import SWIFT
from bridge.protocol import CODES, MAX_FRAME, PORTS, SUBPROTOCOL
from bridge.schemas import METHODS, OBJECT_CLASSES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "PROTOCOL.md").read_text("utf-8")
MESSAGES = (ROOT / "static" / "js" / "bridge" / "messages.js").read_text("utf-8")
PAGES = "".join(path.read_text("utf-8") for path in sorted((ROOT / "static" / "js").rglob("*.js")))
NOTIFIED = re.compile(r"'((?:card|reader|grant|session|channel|export)\.[a-z]+)'")


def section(title: str) -> str:
    return DOCUMENT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_document_and_bridge_have_the_same_methods():
    documented = re.findall(r"^\| `([a-z.]+)` \|", section("Methods"), flags=re.MULTILINE)
    assert sorted(documented) == sorted(METHODS)


def test_each_method_is_answered():
    answered = SLOW.keys() | SWIFT.keys()
    assert METHODS.keys() - answered == {"blob.put"}  # the session keeps blobs itself
    assert answered <= METHODS.keys()


def test_pages_call_only_methods_that_exist():
    called = set(re.findall(r"(?:\.call|#request)\('([a-z]+\.[a-z]+)'", PAGES))
    assert "mailbox.open" in called
    assert called <= METHODS.keys()


def test_document_and_bridge_have_the_same_errors():
    documented = re.findall(r"(-32\d{3}) (?:\| )?([A-Z_]+)", section("Errors"))
    assert {name: int(code) for code, name in documented} == CODES
    assert len(documented) == len(CODES)


def test_page_and_bridge_have_the_same_errors():
    known = re.findall(r"\[(-32\d{3})\]: '([A-Z_]+)'", MESSAGES)
    assert {name: int(code) for code, name in known} == CODES


def test_pages_listen_to_each_notification_and_to_no_other():
    documented = set(
        re.findall(r"`([a-z]+\.[a-z]+) \{", section("Methods").split("\nNotifications:")[1].split("\n\n")[0])
    )
    assert "channel.state" in documented
    assert set(NOTIFIED.findall(PAGES)) - METHODS.keys() == documented


def test_document_and_bridge_have_the_same_reasons():
    cards, mailboxes = (
        section("Methods").split("`grant.ended {card, reason}`")[1].split("`session.ended {handle, reason}`")
    )
    assert sorted(re.findall(r"`([a-z-]+)`", cards)) == sorted(get_args(EndReason))
    assert sorted(re.findall(r"`([a-z-]+)`", mailboxes.split("\n\n")[0])) == sorted(get_args(Reason))


def test_document_names_each_command():
    named = set(
        re.findall(
            r"`(?:pli-bridge )?([a-z]+)(?: [A-Z]+| \[--policy FILE\])?`", section("Policy file") + section("Commands")
        )
    )
    assert VERBS.keys() <= named


def test_no_page_gets_the_key_of_the_history():
    assert "history" in algorithms.OBJECT_CLASSES
    assert "history" not in OBJECT_CLASSES


def test_page_and_bridge_have_the_same_limits():
    assert f"FRAME_LIMIT = {MAX_FRAME // 1024} * 1024;" in MESSAGES
    assert f"PORTS = Object.freeze({list(PORTS)});" in MESSAGES
    assert f"SUBPROTOCOL = '{SUBPROTOCOL}';" in MESSAGES
