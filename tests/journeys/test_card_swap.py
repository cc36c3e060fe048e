"""Five virtual cards and one reader: each is pulled, the next put in, and no word of anybody is left in the browser for the next.

And the other way round: one card, and a computer it has never been in.
"""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from browser_engine import Chromium
from playwright.sync_api import Browser
from ward import STAFF, Ward, another_computer, open_ward
from ward_desk import WardDesk

from webmail.management.demo import letters
from webmail.management.demo.practice import SamplePerson

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = "canari-4711"
SEALED = "Résultats de biologie"  # signed and encrypted to Alice, before anything else happened here
# Everything a page of this origin can find again: what is shown, and what is stored, binary as Latin-1.
FOUND = """async (wanted) => {
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
  return Object.keys(places).filter((place) => wanted.some((words) => places[place].includes(words)));
}"""
# What outlasts a person in the two stores that can hold files and keys, by name: nothing may be added by a visit.
STORED = """async () => {
  const answer = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const stored = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const keys = await answer(database.transaction(store).objectStore(store).getAllKeys());
      stored.push(...keys.map((key) => `${name}/${store}/${key}`));
    }
    database.close();
  }
  return [...stored, ...(await caches.keys())].sort();
}"""
CARD = "() => localStorage.getItem('pli-card')"
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


@pytest.mark.capability("SE4", "SB1", "DN2")
def test_five_people_on_one_computer_find_nothing_of_each_other(ward: Ward, desk: WardDesk) -> None:
    first, *others = STAFF
    desk.enter()
    desk.press("[data-action=card]")
    desk.pair()
    desk.in_mailbox()
    stored = desk.engine.evaluate(STORED)
    assert stored  # the key by which the bridge knows this browser, whoever sits there
    gone = read_and_go(ward, desk, first)
    for person in others:
        ward.stack.readers[0].insert(ward.cards[person.name])
        desk.press("[data-action=give-way]")
        enter(desk, person)
        assert found(desk, *gone) == []
        gone += read_and_go(ward, desk, person)
        assert found(desk, *gone[:-1]) == []  # all but the card, which may open again what it just closed
        assert desk.engine.evaluate(STORED) == stored


def enter(desk: WardDesk, person: SamplePerson) -> None:
    """From the card that was put in to the mailbox; on a first visit it is opened, at the address that the page suggests."""
    desk.sees("[data-action=open], .topbar-person")
    if desk.engine.evaluate("() => !!document.querySelector('[data-action=open]')"):
        desk.press("[data-action=open]")
        desk.press("[data-action=enter]")
    desk.sees(".topbar-person", person.shown.removeprefix("Dr ").split()[0])


def read_and_go(ward: Ward, desk: WardDesk, person: SamplePerson) -> list[str]:
    """A letter comes, is found in the page and nowhere else, and the card is pulled. What may not be found again: the card comes last."""
    canary = f"{CANARY}-{person.name}"
    receive(ward, person.address, f"Bilan {canary}")
    assert desk.open(canary).text == f"Le texte de Bilan {canary}."
    assert found(desk, canary) == ["page"]
    ward.stack.readers[0].remove()
    desk.sees("[data-action=unlock]")
    return [canary, person.address, str(desk.engine.evaluate(CARD))]


def test_the_search_finds_what_is_left(desk: WardDesk) -> None:
    """The search itself, on traces left on purpose."""
    desk.enter()
    desk.engine.evaluate(LEAVE_TRACES, CANARY)
    assert sorted(found(desk, "nowhere", CANARY)) == [f"cache {desk.origin}/trace", "local", "trace/trace"]
    assert set(desk.engine.evaluate(STORED)) >= {"trace", "trace/trace/1"}
    desk.engine.evaluate(CLEAR_TRACES)
    assert found(desk, CANARY) == []


def test_the_card_alone_opens_its_mailbox_at_another_computer(ward: Ward, chromium: Browser, tmp_path: Path) -> None:
    with another_computer(ward, tmp_path / "readers") as stack:
        assert not stack.readers[0].card
        context = chromium.new_context(locale="fr-FR", ignore_https_errors=True)
        desk = WardDesk(Chromium(context.new_page()), ward, "alice", ward.places.origin("alice"))
        asked = len(ward.prompts("GETPIN"))
        stack.readers[0].insert(ward.cards["alice"])
        desk.enter()
        desk.press("[data-action=card]")
        desk.pair()  # as strangers
        desk.in_mailbox()
        assert len(ward.prompts("GETPIN")) == asked + 1
        desk.opened = []
        letter = desk.open(SEALED)
        assert "signé et chiffré par OpenSSL" in letter.text
        assert letter.state == "S1b"
        context.close()


def found(desk: WardDesk, *words: str) -> list[str]:
    return list(desk.engine.evaluate(FOUND, words))


def receive(ward: Ward, address: str, subject: str) -> None:
    """A letter from outside, by the server's mail door."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = letters.OUTSIDER, address, subject
    letter.set_content(f"Le texte de {subject}.\n")
    letters.deliver(ward.places.lmtp_port, letters.OUTSIDER, address, [bytes(letter)])
