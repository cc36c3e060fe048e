"""The page's key in a real browser: it stays there, in pages and workers alike, and two tabs at once make one.

The page of these tests is this module's own origin, so each test has a fresh browser context and nothing stored.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import answer

IDENTITY = "const { StoredIdentity } = await import('/static/js/bridge/page-key.js');"
KEY = (
    "async () => {" + IDENTITY + "return btoa(String.fromCharCode(...(await new StoredIdentity().key()).publicKey)); }"
)
TWO_AT_ONCE = (
    "async () => {"
    + IDENTITY
    + """
  const keys = await Promise.all([1, 2, 3, 4, 5, 6].map(() => new StoredIdentity().key()));
  return keys.map(({ publicKey }) => btoa(String.fromCharCode(...publicKey)));
}"""
)
SIGNS = (
    "async () => {"
    + IDENTITY
    + """
  const { publicKey, sign } = await new StoredIdentity().key();
  const message = new TextEncoder().encode('hello');
  const key = await crypto.subtle.importKey('raw', publicKey, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, await sign(message), message);
}"""
)
TAKE_THE_KEY = (
    "async () => {"
    + IDENTITY
    + """
  await new StoredIdentity().key();
  const database = await new Promise((resolve) => { const opening = indexedDB.open('pli-bridge', 1); opening.onsuccess = () => resolve(opening.result); });
  const stored = await new Promise((resolve) => { const reading = database.transaction('keys').objectStore('keys').get('page'); reading.onsuccess = () => resolve(reading.result); });
  database.close();
  const attempts = ['pkcs8', 'jwk', 'raw'].map((format) => crypto.subtle.exportKey(format, stored.privateKey).then(() => format, ({ name }) => name));
  return { extractable: stored.privateKey.extractable, usages: stored.privateKey.usages, attempts: await Promise.all(attempts) };
}"""
)
REMEMBER = (
    "async (bytes) => {"
    + IDENTITY
    + "const identity = new StoredIdentity(); await identity.remember(new Uint8Array(bytes)); await identity.remember(new Uint8Array(bytes)); return identity.bridges(); }"
)
BRIDGES = "async () => {" + IDENTITY + "return new StoredIdentity().bridges(); }"
WITHOUT_STORAGE = (
    "async () => {"
    + IDENTITY
    + """
  const refusing = { open() { const request = {}; queueMicrotask(() => { request.error = new DOMException('no', 'InvalidStateError'); request.onerror(); }); return request; } };
  return Promise.all([undefined, refusing].map((factory) => {
    const identity = new StoredIdentity(factory ?? null);
    return Promise.all([identity.key(), identity.bridges()].map((asked) => asked.then(() => 'ok', ({ code }) => code)));
  }));
}"""
)
IN_WORKER = """() => new Promise((resolve) => {
  const policy = trustedTypes.createPolicy('pli', { createScriptURL: (url) => url });
  const worker = new Worker(policy.createScriptURL('/tests/page-key-worker.js'), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
})"""
WORKER = IDENTITY + "postMessage(btoa(String.fromCharCode(...(await new StoredIdentity().key()).publicKey)));"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context()
    made.route("**/tests/page-key-worker.js", lambda route: route.fulfill(body=WORKER, content_type="text/javascript"))
    yield made
    made.close()


def opened(context: BrowserContext, origin: str) -> Page:
    page = context.new_page()
    page.goto(origin)
    return page


def test_one_key_for_an_origin_until_the_browser_forgets(context: BrowserContext, viewer_origin: str) -> None:
    first, second = opened(context, viewer_origin), opened(context, viewer_origin)
    key = answer(first, KEY)
    assert answer(second, KEY) == key
    first.reload()
    assert answer(first, KEY) == key
    other = opened(context, viewer_origin.replace("127.0.0.1", "localhost"))
    assert answer(other, KEY) != key


def test_those_who_make_it_at_the_same_moment_agree(context: BrowserContext, viewer_origin: str) -> None:
    pages = [opened(context, viewer_origin) for _ in range(3)]
    for page in pages:
        page.evaluate(f"() => {{ globalThis.made = ({TWO_AT_ONCE})(); }}")
    keys = {key for page in pages for key in answer(page, "() => globalThis.made")}
    assert len(keys) == 1


def test_a_worker_has_the_same_key(context: BrowserContext, viewer_origin: str) -> None:
    page = opened(context, viewer_origin)
    assert answer(page, IN_WORKER) == answer(page, KEY)


@pytest.mark.negative(46)
def test_the_private_key_cannot_be_taken(context: BrowserContext, viewer_origin: str) -> None:
    page = opened(context, viewer_origin)
    assert answer(page, SIGNS)
    taken = answer(page, TAKE_THE_KEY)
    assert taken == {"extractable": False, "usages": ["sign"], "attempts": ["InvalidAccessError"] * 3}


def test_bridges_are_remembered_once_each(context: BrowserContext, viewer_origin: str) -> None:
    page = opened(context, viewer_origin)
    assert answer(page, BRIDGES) == []
    assert answer(page, REMEMBER, [4, 1, 2]) == ["BAEC"]
    assert answer(opened(context, viewer_origin), BRIDGES) == ["BAEC"]


def test_a_browser_that_keeps_nothing_says_so(context: BrowserContext, viewer_origin: str) -> None:
    page = opened(context, viewer_origin)
    assert answer(page, WITHOUT_STORAGE) == [["bridge-no-storage"] * 2] * 2
