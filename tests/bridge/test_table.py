"""The card table: its own origin, a token that works once, and prompts a hand answers."""

import base64
import contextlib
import json
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import BridgeError, Page, RunningBridge, running_bridge


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path, sample_pki.directory, prompt={"kind": "card-table"}) as running:
        yield running


@contextlib.contextmanager
def table(bridge: RunningBridge, token: str, *, origin: str | None = None) -> Iterator[ClientConnection]:
    own = origin or f"http://127.0.0.1:{bridge.port}"
    address = f"ws://127.0.0.1:{bridge.port}/table/socket"
    with connect(address, origin=own, subprotocols=["pli-table.1"], compression=None) as socket:  # type: ignore[arg-type,list-item]
        socket.send(json.dumps({"token": token}))
        yield socket


def token_of(bridge: RunningBridge) -> str:
    return str(bridge.facts["table"]).partition("#")[2]


def state(socket: ClientConnection, wanted: Any) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = json.loads(socket.recv(timeout=5))
        if "cards" in found and wanted(found):
            return found


@contextlib.contextmanager
def paired_page(bridge: RunningBridge, socket: ClientConnection) -> Iterator[Page]:
    """A page for which a hand compares digits on the table, and agrees."""
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(bridge.page)
        prompt = state(socket, lambda found: found["prompts"])["prompts"][0]
        socket.send(json.dumps({"do": "agree", "prompt": prompt["id"]}))
        page = opening.result(10)
    assert prompt["kind"] == "pair"
    assert all(page.digits in shown for shown in prompt["purpose"].values())
    with page:
        yield page


def test_the_page_is_strict(bridge: RunningBridge) -> None:
    scripts = ("table.js", "table-cards.js", "table-prompts.js", "table-words.js")
    for path in ("/table", "/table/table.css", *(f"/table/{name}" for name in scripts)):
        with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port}{path}", timeout=5) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            body = answer.read().decode()
    assert "innerHTML" not in body


def test_nonsense_is_no_token(bridge: RunningBridge) -> None:
    own, address = f"http://127.0.0.1:{bridge.port}", f"ws://127.0.0.1:{bridge.port}/table/socket"
    for nonsense in ("", "[]", "[" * 60_000, b"\xff", '{"token": 1}'):
        with connect(address, origin=own, subprotocols=["pli-table.1"], compression=None) as socket:  # type: ignore[arg-type,list-item]
            socket.send(nonsense)
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=10)
            assert socket.close_code == 1008


def test_a_token_works_once_and_yields_the_next(bridge: RunningBridge) -> None:
    with table(bridge, token_of(bridge)) as socket:
        following = json.loads(socket.recv(timeout=5))["next"]
    with table(bridge, token_of(bridge)) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=5)
    with table(bridge, following) as socket:
        assert len(state(socket, lambda _: True)["cards"]) == 5


@pytest.mark.parametrize("origin", ["https://mail.pli.example", "http://localhost:28610", "null"])
def test_no_other_origin_reaches_the_table(bridge: RunningBridge, origin: str) -> None:
    with pytest.raises(InvalidStatus), table(bridge, token_of(bridge), origin=origin):
        pass


def test_a_hand_types_the_pin_and_agrees(bridge: RunningBridge) -> None:
    answers: dict[str, Any] = {}
    with table(bridge, token_of(bridge)) as socket, paired_page(bridge, socket) as page:
        card = page.card("Alice")
        keys = page.call("card.list")["cards"][0]["keys"]
        key = next(one["key"] for one in keys if one["use"] == "signature")

        def work() -> None:
            answers["token"] = page.call(
                "auth.token", card=card, challenge=base64.b64encode(secrets.token_bytes(32)).decode()
            )
            answers["certificate"] = page.call("cert.get", card=card, key=key)
            try:
                page.call("auth.token", card=card, challenge=base64.b64encode(secrets.token_bytes(32)).decode())
            except BridgeError as error:
                answers["refused"] = error.name

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        prompt = state(socket, lambda found: found["prompts"] and found["prompts"][0]["kind"] == "pin")["prompts"][0]
        assert (prompt["kind"], prompt["serial"], prompt["tries"]) == ("pin", "CPS-0001", 3)
        assert prompt["purpose"] == {"fr": "Se connecter", "en": "Log in"}
        socket.send(json.dumps({"do": "answer", "prompt": prompt["id"], "pin": "1234"}))
        prompt = state(socket, lambda found: found["prompts"] and found["prompts"][0]["kind"] == "confirm")["prompts"][
            0
        ]
        socket.send(json.dumps({"do": "agree", "prompt": prompt["id"]}))
        prompt = state(socket, lambda found: found["prompts"] and found["prompts"][0]["kind"] == "pin")["prompts"][0]
        socket.send(json.dumps({"do": "cancel", "prompt": prompt["id"]}))
        thread.join(10)
    assert answers["token"]["format"] == "web-eid:1.0"
    assert answers["certificate"]["chain"]
    assert answers["refused"] == "USER_CANCELLED"


def test_a_hand_pulls_and_inserts(bridge: RunningBridge) -> None:
    with table(bridge, token_of(bridge)) as socket, paired_page(bridge, socket) as page:
        page.call("card.subscribe")
        card = page.card("Bob")
        socket.send(json.dumps({"do": "pull", "serial": "CPS-0002"}))
        assert page.wait_for("card.removed", 3)["card"] == card
        socket.send(json.dumps({"do": "insert", "serial": "CPS-0002"}))
        assert page.wait_for("card.inserted", 3)["card"] == card
