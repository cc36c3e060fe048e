"""Pages that are not ours get nothing from the bridge, and nothing of ours leaves for elsewhere (promises 4 and 15)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from desk import Desk
from elsewhere import foreign_page

from tests.chromium import answer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ASK_EVERY_PORT = """async (ports) => Promise.all(ports.map((port) => new Promise((resolve) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'pli-bridge.1');
  const seen = [];
  socket.onopen = () => seen.push('open');
  socket.onmessage = (event) => seen.push(event.data);
  socket.onclose = ({ code }) => resolve({ seen, code });
  setTimeout(() => { socket.close(); resolve({ seen, code: 0 }); }, 3000);
})))"""
LEAVE = """async (address) => {
  const attempts = [
    () => fetch(`http://${address}/fetch`, { mode: 'no-cors', method: 'POST', body: 'secret' }),
    () => new WebSocket(`ws://${address}/socket`),
    () => new EventSource(`http://${address}/events`),
    () => import(`http://${address}/module.js`),
    () => new Worker(`http://${address}/worker.js`),
    () => navigator.sendBeacon(`http://${address}/beacon`, 'secret'),
    () => { new Image().src = `http://${address}/image?secret`; },
    () => { document.body.append(Object.assign(document.createElement('iframe'), { src: `http://${address}/frame` })); },
    () => { document.body.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: `http://${address}/link` })); },
    () => { document.body.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `http://${address}/style` })); },
  ];
  for (const attempt of attempts) { try { await attempt(); } catch { /* refused, or not known in a worker */ } }
}"""


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """A socket that notes the first bytes of whoever connects: its address, and what came."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=note, args=(server, came), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", came


def note(server, came):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=hear, args=(connection, came), daemon=True).start()


def hear(connection, came):
    """A connection alone counts, even one that says nothing."""
    with connection:
        connection.settimeout(1)
        try:
            came.append(connection.recv(200))
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        except OSError:
            came.append(b"")


@pytest.fixture(scope="module")
def practice(standing_practice):
    return standing_practice


@pytest.fixture(scope="module")
def elsewhere():
    with foreign_page() as address:
        yield address


def test_page_of_another_origin_gets_nothing_from_the_bridge(practice, context, elsewhere):
    """The page of an allowed origin is answered; the same script on another page sees eight ports that say the same."""
    own = context.new_page()
    own.goto(practice.places.origin("alice"))
    answered = answer(own, ASK_EVERY_PORT, list(practice.places.bridge_ports))
    assert [answer["seen"] for answer in answered].count(["open"]) == 1
    stranger = context.new_page()
    stranger.goto(elsewhere)
    refused = answer(stranger, ASK_EVERY_PORT, list(practice.places.bridge_ports))
    assert {(tuple(answer["seen"]), answer["code"]) for answer in refused} == {((), 1006)}


def test_no_worker_and_no_page_of_ours_reaches_another_origin(practice, context, elsewhere):
    """First the same attempts from a page without policy, so that the socket is known to notice."""
    with listening() as (address, came):
        free = context.new_page()
        free.goto(elsewhere)
        answer(free, LEAVE, address)
        time.sleep(2)
        for attempt in (b"/fetch", b"/socket", b"/events", b"/module.js", b"/beacon", b"/image", b"/frame", b"/style"):
            assert any(attempt in request for request in came), attempt
        free.close()
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    with listening() as (address, came):
        assert desk.page.workers
        for worker in desk.page.workers:
            answer(worker, LEAVE, address)
        time.sleep(2)
        assert came == []
    with listening() as (address, came):
        answer(desk.page, LEAVE, address)
        time.sleep(2)
        # For a frame that the policy then refuses Chromium connects all the same, and says nothing.
        assert [said for said in came if said] == []
