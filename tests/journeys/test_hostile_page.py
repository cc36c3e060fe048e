"""The page itself turned against its reader: framed, injected with a script of full control, left open when the card goes."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from desk import OPENING, Desk
from elsewhere import foreign_page
from playwright.sync_api import expect

from bridge.cms.grants import open_grant_with_key, parse_grant
from tests.chromium import answer, in_time
from webmail.management.demo.practice import PRACTITIONERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STATIC = Path(__file__).parents[2] / "static"
ALICE = PRACTITIONERS[0]

FRAME = """async (addresses) => {
  for (const src of addresses) document.body.append(Object.assign(document.createElement('iframe'), { src }));
  await new Promise((resolve) => setTimeout(resolve, 1500));
}"""
# What a script in the page has at hand: the browser's paired key and with it the bridge, the server's API, the product's modules.
BRIDGE = """const bridge = async (port, base) => {
  const { BridgeClient } = await import(base + 'bridge/client.js');
  const { directly } = await import(base + 'bridge/connection.js');
  const client = new BridgeClient({ find: directly({ ports: [port] }) });
  await client.connect();
  return (method, params) => client.call(method, params).then(
    (result) => JSON.stringify({ result }), ({ code, data }) => JSON.stringify({ error: { data: { ...data, name: code } } }));
};"""
ASK_FOR_KEYS = (
    "async ({ port, base, methods }) => {"
    + BRIDGE
    + """
  const said = [];
  const call = await bridge(port, base);
  const { Api } = await import(base + 'mail/api.js');
  const { store } = await import(base + 'mail/store.js');
  const { parseEnveloped } = await import(base + 'cms/enveloped.js');
  const { parseGrant } = await import(base + 'keys/grants.js').catch(() => ({}));
  const accountId = store.session.mailbox.id;
  const [grants, keys, log] = await Promise.all(['Grant/get', 'MailboxKey/get', 'MembershipLog/get'].map((name) => new Api().call(name, name.startsWith('Member') ? { accountId } : { accountId, ids: null })));
  const { handle } = JSON.parse(await call('bridge.status', {})).result.mailboxes[0];
  const { card } = JSON.parse(await call('card.list', {})).result.cards[0];
  const [{ grant }] = grants.list;
  const [{ encryptionCertificate, signatureCertificate, chain, binding }] = keys.list;
  const sealed = { grant, logEntries: log.list.map(({ entry }) => entry), bindings: [binding], encryptionCertificate, signatureCertificate, chain, crls: [] };
  const bytes = Uint8Array.from(atob(grant), (each) => each.charCodeAt(0));
  const pieces = [];
  for (let at = 0; at < bytes.length - 20; at++) if (bytes[at] === 0x30) pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 600))));
  const calls = [
    ['storage.keys', { handle, items: ['history', 'pack', 'draft', 'cek', '', 'storage'].map((each) => ({ class: each, id: '00' })) }],
    ['storage.keys', { handle, items: [{ class: 'cek', id: 'once' }, { class: 'pack', id: 'history' }] }],
    ['mailbox.open', { ...sealed, unlock: { card } }],
    ['certificate.request', { address: 'x@pli.example', encryptionAlgorithm: 'rsa-3072', signatureAlgorithm: 'p-256' }],
    ...['message', 'summary'].map((kind) => ['key.unwrap', { handle, class: kind, items: pieces.slice(0, 30).map((recipientInfo) => ({ recipientInfo, contentAlgorithm: '2.16.840.1.101.3.4.1.46' })) }]),
    ...methods.flatMap((method) => [[method, { handle }], [method, { handle, card, grant, items: [], export: true }]]),
    ...['key.export', 'mailbox.export', 'vault.dump', 'storage.key', 'key.private', 'card.decrypt', 'card.sign'].map((method) => [method, { handle }]),
  ];
  for (const [method, params] of calls) if (!/lock|create|subscribe/.test(method)) said.push([method, await call(method, params)]);
  return said;
}"""
)
DRAIN = (
    "async ({ port, base, recipientInfo }) => {"
    + BRIDGE
    + """
  const call = await bridge(port, base);
  const { handle } = JSON.parse(await call('bridge.status', {})).result.mailboxes[0];
  const items = Array.from({ length: 50 }, () => ({ recipientInfo, contentAlgorithm: '2.16.840.1.101.3.4.1.46' }));
  let opened = 0;
  for (let times = 0; times < 30; times++) {
    const { error } = JSON.parse(await call('key.unwrap', { handle, class: 'message', items }));
    if (error) return { opened, error: error.data.name };
    opened += items.length;
  }
  return { opened, error: null };
}"""
)
A_RECIPIENT = """async (base) => {
  const { Api } = await import(base + 'mail/api.js');
  const { store } = await import(base + 'mail/store.js');
  const { parseEnveloped } = await import(base + 'cms/enveloped.js');
  const accountId = store.session.mailbox.id;
  const inbox = store.folders.find(({ role }) => role === 'inbox');
  const { rows } = await store.list(inbox.id, { position: 0, limit: 1 });
  const { list } = await new Api().call('Email/get', { accountId, ids: [rows[0].id], properties: ['id', 'blobId'] });
  const { recipients } = parseEnveloped(await new Api().download(accountId, list[0].blobId));
  return btoa(String.fromCharCode(...recipients[0].der));
}"""
SERVED = """async (url) => {
  const answer = await fetch(url);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await answer.arrayBuffer()));
  return [[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''), answer.headers.get('Content-Security-Policy')];
}"""
KEYS = """async (base) => {
  const { Api } = await import(base + 'mail/api.js');
  const { store } = await import(base + 'mail/store.js');
  const { list } = await new Api().call('Grant/get', { accountId: store.session.mailbox.id, ids: null });
  return list[0].grant;
}"""


@pytest.fixture
def desk(practice, context):
    desk = Desk(context.new_page(), practice.places.origin("alice")).listen()
    desk.log_in_with_card("alice")
    return desk


def module_base(desk):
    """Where the product's modules are served."""
    loaded = desk.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    return next(url.split("pages/")[0] for url in loaded if "/js/pages/" in url)


def mailbox_keys(practice, desk):
    """The keys themselves, opened outside with the card's own key: what no page may ever hold."""
    grant = parse_grant(base64.b64decode(answer(desk.page, KEYS, module_base(desk))))
    card = practice.places.pki / "cards" / ALICE.name / "authentication.p12"
    private_key, *_ = pkcs12.load_key_and_certificates(card.read_bytes(), ALICE.pin.encode())
    return open_grant_with_key(grant, private_key)


@pytest.mark.negative(45)
def test_framed_page_is_blocked(practice, context):
    """By a page of another origin: neither the desk nor the frame of a message is shown inside it."""
    origin = practice.places.origin("alice")
    with foreign_page() as address:
        page = context.new_page()
        page.goto(address)
        answer(page, FRAME, [f"{origin}/", f"{origin}/mail", f"{origin}/mail-frame.html"])
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * 3


@pytest.mark.negative(46)
def test_script_with_full_control_gets_no_key(practice, desk):
    """It asks everything of everybody; the mailbox's keys and its storage key are in no answer, in no form."""
    from bridge.schemas import METHODS

    keys = mailbox_keys(practice, desk)
    asked = {"port": practice.bridge_port, "base": module_base(desk), "methods": sorted(METHODS)}
    said = answer(desk.page, ASK_FOR_KEYS, asked)
    assert {"storage.keys", "key.unwrap", "mailbox.open"} <= {method for method, _ in said}
    everything = "".join(answered for _, answered in said)
    private = [
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())[-64:]
        for key in (keys.encryption_key, keys.signature_key)
    ]
    for secret in (keys.storage_key, *private):
        assert secret.hex() not in everything
        assert not any(base64.b64encode(b"\0" * shift + secret).decode()[4:-4] in everything for shift in range(3))
    assert all(
        "error" in json.loads(answered)
        for method, answered in said
        if method.split(".")[1] in ("export", "dump", "private")
    )


@pytest.mark.negative(46)
def test_opening_over_the_budget_is_stopped_and_journalled(practice, desk):
    recipient = answer(desk.page, A_RECIPIENT, module_base(desk))
    asked = {"port": practice.bridge_port, "base": module_base(desk), "recipientInfo": recipient}
    drained = answer(desk.page, DRAIN, asked)
    assert drained["error"] == "RATE_LIMITED"
    assert drained["opened"] <= 600
    lines = (practice.places.bridge / "state" / "journal.log").read_text("utf-8").splitlines()
    assert any("key.unwrap" in line and "RATE_LIMITED" in line for line in lines)


@pytest.mark.negative(48)
def test_file_served_is_the_file_reviewed(practice, desk):
    """Every script that the page loads, byte for byte the one of the source tree, under a policy that admits no other."""
    base = module_base(desk).removesuffix("js/")
    loaded = {request.split("?")[0] for request in desk.requests if request.startswith(base)}
    assert len(loaded) > 20
    for url in sorted(loaded):
        served, policy = answer(desk.page, SERVED, url)
        assert served == hashlib.sha256((STATIC / url.removeprefix(base)).read_bytes()).hexdigest(), url
        assert "default-src 'none'" in policy
        assert policy.split("script-src ")[1].split(";")[0] == "'self'"


@pytest.mark.negative(47)
def test_card_pulled_while_a_message_is_open_leaves_nothing(practice, desk):
    """Text, picture, keys and addresses of bytes: gone with the card; the workers that held keys have ended."""
    page = desk.page
    desk.open("Compte rendu")
    page.get_by_role("button", name="Afficher").first.click()
    picture = page.locator("dialog img").get_attribute("src")
    fetched = "(url) => fetch(url).then(() => true, () => false)"
    assert answer(page, fetched, picture) is False  # the policy; but an image shows
    assert page.locator("dialog img").evaluate(in_time("(image) => image.decode().then(() => true, () => false)"))
    workers = list(page.workers)
    assert workers
    practice.set_card("alice", inserted=False)
    page.locator("[data-action=unlock]").wait_for(timeout=OPENING)
    left = page.content()
    assert [word for word in ("échographie", "Hélène", "cliché", "Cher confrère", "blob:") if word in left] == []
    alive = (
        "(url) => { const image = new Image(); image.src = url; return image.decode().then(() => true, () => false); }"
    )
    assert answer(page, alive, picture) is False
    expect(page.locator("iframe")).to_have_count(0)
    assert page.workers == []
    practice.set_card("alice", inserted=True)
