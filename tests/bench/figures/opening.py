"""Opening messages: 25 MB beside OpenSSL in Chromium and Firefox, and 100 kB from its bytes to harmless HTML."""

import base64
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import line, median, percentile
from office import PERSON, Office, open_office, sealed_letter

from tests.journeys.desk import CARD_LABELS
from tests.journeys.firefox import open_firefox

LARGE = {"open_25mb_chromium", "open_25mb_firefox", "show_25mb"}
NAMES = (*sorted(LARGE), "open_100kb_chromium")
RUNS = 7
LETTERS = 40
SERVED = "/bench-file"
LOAD = f"async () => {{ globalThis.file = new Uint8Array(await (await fetch('{SERVED}')).arrayBuffer()); return file.length; }}"
OPEN_FIRST_LAYER = """async (base) => {
  const load = (name) => import(base + name);
  const [{ splitMime }, { parseEnveloped }, { ownRecipient }] =
    await Promise.all([load('mime/split.js'), load('cms/enveloped.js'), load('mail/opening.js')]);
  const { agent, handle, secrets } = globalThis.mailbox;
  const begin = performance.now();
  const envelope = parseEnveloped(splitMime(globalThis.file).decodedBody());
  const { recipient: { der } } = ownRecipient(envelope.recipients, [{ epoch: 1, certificate: secrets.encryptionCertificate }]);
  const [cek] = await agent.unwrap(handle, 'message', [{ recipientInfo: der, contentAlgorithm: envelope.contentAlgorithm.oid }]);
  const content = await envelope.decrypt(cek);
  const taken = performance.now() - begin;
  return { taken, size: content.length };
}"""
CHUNK = 4_000_000
ENTER_IN_PAGE = """async (base, label) => {
  const load = (name) => import(base + name);
  const [{ Api }, { Entrance }, { BridgeClient }, { directly }, { BridgeAgent }, { bridgePorts }] = await Promise.all(
    [load('mail/api.js'), load('mail/entrance.js'), load('bridge/client.js'), load('bridge/connection.js'), load('keys/bridge-agent.js'), load('pages/bridge-ports.js')]);
  const [api, client] = [new Api(), new BridgeClient({ find: directly({ ports: bridgePorts() }) })];
  const agent = new BridgeAgent(client);
  const answers = {
    authToken: (card, challenge) => client.call('auth.token', { card, challenge }),
    open: async (sealed) => {
      const opened = await agent.openMailbox(sealed);
      globalThis.mailbox = { agent, handle: opened.handle, secrets: sealed };
      return opened;
    },
  };
  client.addEventListener('pairing', () => client.agree(true));
  await client.pair();
  const { cards } = await client.call('card.list');
  const entrance = new Entrance(api, { call: (method, values) => answers[method](...values) });
  await entrance.logInWithCard(cards.find((card) => card.label === label).card, () => {});
  const { primaryAccounts } = await api.session();
  await entrance.openMailbox(Object.values(primaryAccounts)[0]);
  globalThis.pieces = [];
}"""
JOIN = "async () => { globalThis.file = new Uint8Array(await new Blob(globalThis.pieces).arrayBuffer()); return globalThis.file.length; }"
OPEN_AND_CLEAN = """async ([base, ids]) => {
  const load = (name) => import(base + name);
  const [{ Api }, { store }, { sanitise }] = await Promise.all([load('mail/api.js'), load('mail/store.js'), load('viewers/sanitise.js')]);
  const accountId = store.session.mailbox.id;
  const { list } = await new Api().call('Email/get', { accountId, ids, properties: ['id', 'blobId'] });
  const kept = new Map();
  for (const { blobId } of list) kept.set(blobId, await new Api().download(accountId, blobId));
  Api.prototype.download = async (_account, blobId) => kept.get(blobId);
  const [taken, loops] = [[], []];
  for (const id of ids) {
    loops.push(loop());
    let ahead = null;
    const onHtml = (html) => { ahead = { html, clean: sanitise(html) }; };
    const begin = performance.now();
    const message = await store.open(id, { onHtml });
    const { html } = ahead?.html === message.html ? ahead.clean : sanitise(message.html);
    taken.push(performance.now() - begin);
    if (message.quarantined || !message.signature.intact || html.length < 10_000) throw new Error(JSON.stringify([message.quarantined, message.signature]));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return { taken, loops };
}"""
# A loop of arithmetic that takes some milliseconds: how much slower it is at times than at its best is the machine's doing.
LOOP = """() => {
  const begin = performance.now();
  let value = 1;
  for (let i = 0; i < 4_000_000; i++) value = (Math.imul(value, 1103515245) + 12345) | 0;
  globalThis.kept = value;
  return performance.now() - begin;
}"""
OPEN_BESIDE_LOOP = f"async (given) => {{ const loop = {LOOP}; return ({OPEN_AND_CLEAN})(given); }}"
SHOW = """async (subject) => {
  const row = [...document.querySelectorAll('.row')].find((each) => each.textContent.includes(subject));
  const begin = performance.now();
  row.click();
  const shown = () => document.querySelector('.reader-sheet[aria-busy=false] #message-body')?.textContent.includes('Premier texte');
  while (!shown()) await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - begin;
}"""


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with open_office() as office:
        folder = office.places.data
        key, certificate = office.write_mailbox_key(folder)
        if names & LARGE:
            file = folder / "large.eml"
            file.write_bytes(letter(office, certificate, "Grand", large_entity()))
            if "open_25mb_chromium" in names:
                yield open_25mb(office, file, key, certificate)
            if "open_25mb_firefox" in names:
                yield open_25mb_in_firefox(office, file, key, certificate)
            if "show_25mb" in names:
                yield show_25mb(office, file)
        if "open_100kb_chromium" in names:
            yield from open_100kb(office, certificate)


def letter(office: Office, certificate: Path, subject: str, entity: bytes) -> bytes:
    denis = office.places.pki / "people" / "denis"
    return sealed_letter(denis, entity, certificate, subject, office.address)


def open_25mb(office: Office, file: Path, key: Path, certificate: Path) -> dict[str, object]:
    """Alternating, so that both meet the same machine."""
    office.page.context.route(f"**{SERVED}", lambda route: route.fulfill(path=file, content_type="message/rfc822"))
    worker = office.enter_worker()
    worker.evaluate(LOAD)
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(float(worker.evaluate(OPEN_FIRST_LAYER, office.base)["taken"]))
        theirs.append(decrypt_with_openssl(file, key, certificate))
    worker.evaluate("() => { globalThis.file = null; }")
    return line("open_25mb_chromium", median(ours), "ms", "openssl cms -decrypt", median(theirs))


def open_25mb_in_firefox(office: Office, file: Path, key: Path, certificate: Path) -> dict[str, object]:
    """The same modules in a page of Firefox, with a session at the bridge of its own."""
    with open_firefox() as firefox:
        firefox.go(office.places.origin(PERSON.name))
        firefox.evaluate(ENTER_IN_PAGE, office.base, CARD_LABELS[PERSON.name])
        text = file.read_bytes().decode("ascii")
        for start in range(0, len(text), CHUNK):
            firefox.evaluate("(piece) => { globalThis.pieces.push(piece); }", text[start : start + CHUNK])
        assert firefox.evaluate(JOIN) == file.stat().st_size
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(float(firefox.evaluate(OPEN_FIRST_LAYER, office.base)["taken"]))
            theirs.append(decrypt_with_openssl(file, key, certificate))
    return line("open_25mb_firefox", median(ours), "ms", "openssl cms -decrypt", median(theirs))


def decrypt_with_openssl(file: Path, key: Path, certificate: Path) -> float:
    command = ["openssl", "cms", "-decrypt", "-binary", "-in", file, "-inkey", key, "-recip", certificate]
    begin = time.perf_counter()
    subprocess.run([*command, "-out", file.with_suffix(".out")], check=True)
    return (time.perf_counter() - begin) * 1000


def show_25mb(office: Office, file: Path) -> dict[str, object]:
    office.deliver([file.read_bytes()])
    office.page.locator(".row", has_text="Grand").first.wait_for(timeout=60_000)
    taken = []
    for _ in range(RUNS):
        office.page.locator(".row", has_text="Planning").first.click()
        office.page.locator(".reader-subject", has_text="Planning").wait_for()
        taken.append(float(office.page.evaluate(SHOW, "Grand")))
    return line("show_25mb", median(taken), "ms", "goal", 1000)


def open_100kb(office: Office, certificate: Path) -> Iterator[dict[str, object]]:
    """Each letter opened for the first time: two unwraps, one signature, one path; a loop before each says how busy the machine was."""
    office.deliver([letter(office, certificate, f"Cent {number}", html_entity()) for number in range(LETTERS + 1)])
    office.page.locator(".row", has_text="Cent").first.wait_for(timeout=60_000)
    ids = [row["id"] for row in office.listed(LETTERS + 1)["rows"]]
    found = office.page.evaluate(OPEN_BESIDE_LOOP, [office.base, ids])
    yield line("open_100kb_chromium", percentile(found["taken"][1:], 95), "ms p95", "goal", 30)
    yield line("open_100kb_median", median(found["taken"][1:]), "ms", "goal of the p95", 30)
    loops = found["loops"][1:]
    yield line(
        "open_100kb_machine",
        percentile(loops, 95),
        "ms p95 of a plain loop",
        "the same loop at its fastest",
        min(loops),
    )


def large_entity() -> bytes:
    """Text, and an attachment that makes the S/MIME file 25 MB."""
    attachment = base64.encodebytes(os.urandom(10_100_000)).replace(b"\n", b"\r\n")
    return multipart(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nPremier texte.\r\n",
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=scan.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + attachment,
    )


def html_entity() -> bytes:
    """A letter with tables whose S/MIME file has 100 kB."""
    row = "<tr><td style='padding:4px'>Glycémie à jeun</td><td><b>{}</b> mmol/L</td><td><a href='https://chu.example/'>norme</a></td></tr>\r\n"
    rows = "".join(row.format(number) for number in range(370))
    text = "".join(f"Ligne {number} : résultat sans particularité.\r\n" for number in range(100))
    return multipart(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode(),
        b"Content-Type: text/html; charset=utf-8\r\n\r\n"
        + f"<html><body><table>{rows}</table></body></html>\r\n".encode(),
        kind=b"alternative",
    )


def multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--part\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/" + kind + b"; boundary=part\r\n\r\n" + body + b"--part--\r\n"
