"""Two virtual cards and one reader: Alice's is pulled, Bob's put in, and no word of hers is left anywhere in the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_engine import Chromium
from playwright.sync_api import Browser
from ward import Ward, open_ward
from ward_desk import WardDesk

from webmail.management.demo import letters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = "canari-4711"
ALICE = "alice.martin@pli.example"
# Everything a page of this origin can find again: what is shown, and what is stored, binary as Latin-1.
FOUND = """async (canary) => {
  const text = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new TextDecoder('latin1').decode(value);
    if (value instanceof Blob || !value || typeof value !== 'object') return String(value);
    return Object.entries(value).map(([name, member]) => name + ' ' + text(member)).join(' ');
  };
  const answer = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const places = { page: document.documentElement.outerHTML + document.title + location.href, local: text({ ...localStorage }), session: text({ ...sessionStorage }) };
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store);
      places[`${name}/${store}`] = text([await answer(objects.getAllKeys()), await answer(objects.getAll())]);
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) places[`cache ${request.url}`] = await (await cache.match(request)).text();
  }
  return { searched: Object.keys(places), found: Object.keys(places).filter((place) => places[place].includes(canary)) };
}"""
LEAVE_TRACES = """async (canary) => {
  localStorage.setItem('trace', canary);
  await (await caches.open('trace')).put('/trace', new Response(canary));
  const request = indexedDB.open('trace', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('trace').put(new TextEncoder().encode(canary), 1);
  await new Promise((resolve) => { request.onsuccess = resolve; });
  request.result.close();
}"""
CLEAR_TRACES = """async () => {
  localStorage.removeItem('trace');
  await caches.delete('trace');
  await new Promise((resolve) => { indexedDB.deleteDatabase('trace').onsuccess = resolve; });
}"""


@pytest.fixture(scope="module")
def ward(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with open_ward(first_start, tmp_path_factory.mktemp("ward")) as ward:
        ward.insert("alice")
        yield ward


@pytest.fixture
def desk(ward: Ward, chromium: Browser) -> Iterator[WardDesk]:
    context = chromium.new_context(locale="fr-FR", ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    yield WardDesk(Chromium(context.new_page()), ward, "alice", ward.places.origin("alice"))
    context.close()


def test_the_next_person_finds_nothing_of_the_one_before(ward: Ward, desk: WardDesk) -> None:
    desk.enter()
    desk.press("[data-action=card]")
    desk.pair()
    desk.in_mailbox()
    sealed_letter(ward, f"Bilan {CANARY}")
    assert desk.open(CANARY).state == "S1b"
    assert found(desk) == ["page"]

    ward.stack.readers[0].remove()
    desk.sees("[data-action=unlock]")
    assert found(desk) == []

    ward.stack.readers[0].insert(ward.cards["bob"])
    desk.press("[data-action=give-way]")
    desk.sees(".topbar-person", "Bob")
    desk.in_mailbox()
    assert found(desk) == []
    assert ALICE not in desk.words(".topbar-person")


def test_the_search_finds_what_is_left(desk: WardDesk) -> None:
    """The search itself, on traces left on purpose."""
    desk.enter()
    desk.engine.evaluate(LEAVE_TRACES, CANARY)
    assert sorted(found(desk)) == [f"cache {desk.origin}/trace", "local", "trace/trace"]
    desk.engine.evaluate(CLEAR_TRACES)
    assert found(desk) == []


def found(desk: WardDesk) -> list[str]:
    return list(desk.engine.evaluate(FOUND, CANARY)["found"])


def sealed_letter(ward: Ward, subject: str) -> None:
    denis, certificate = ward.places.pki / "people" / "denis", ward.places.data / "recipient-alice.pem"
    letter = letters.openssl_letter(denis, certificate, ALICE, ["-aes256"], subject)
    letters.deliver(ward.places.lmtp_port, letters.OUTSIDER, ALICE, [letters.dated(letter)])
