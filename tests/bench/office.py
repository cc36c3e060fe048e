"""A running practice with Alice at her desk in Chromium: real server, bridge, card and pages, for the browser's figures."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from playwright.sync_api import Browser, Page, Worker, sync_playwright

from bridge.cms.grants import open_grant_with_key, parse_grant
from bridge.pki.certificates import certificate_sha256, load_certificate, pem
from tests.conftest import CHROMIUM_FLAGS
from tests.journeys.desk import Desk
from tests.journeys.practice import open_practice
from webmail.management.demo import letters
from webmail.management.demo.places import Places
from webmail.management.demo.practice import PRACTITIONERS

PERSON = PRACTITIONERS[0]
IN_WORKER = """async () => {
  const { OpenedMailbox } = await import(new URL('../mail/opened-mailbox.js', location.href).href);
  const { rows } = OpenedMailbox.prototype;
  OpenedMailbox.prototype.rows = function (ids) { globalThis.mailbox = this; return rows.call(this, ids); };
}"""
LIST = """async ([base, limit]) => {
  const { store } = await import(base + 'mail/store.js');
  const inbox = store.folders.find(({ role }) => role === 'inbox');
  const { rows, total } = await store.list(inbox.id, { position: 0, limit });
  return { total, rows: rows.map(({ id, subject }) => ({ id, subject })) };
}"""
KEYS = """async (base) => {
  const { Api } = await import(base + 'mail/api.js');
  const { store } = await import(base + 'mail/store.js');
  const [api, accountId] = [new Api(), store.session.mailbox.id];
  const [grants, keys] = await Promise.all([api.call('Grant/get', { accountId, ids: null }), api.call('MailboxKey/get', { accountId, ids: null })]);
  return { grant: grants.list[0].grant, certificate: keys.list[0].encryptionCertificate };
}"""


@dataclass
class Office:
    """`page` is Alice's, open at her inbox."""

    places: Places
    browser: Browser
    page: Page

    @property
    def address(self) -> str:
        return PERSON.address

    @cached_property
    def base(self) -> str:
        """Where the product's modules are served."""
        return module_base(self.page)

    @property
    def crypto_worker(self) -> Worker:
        return next(worker for worker in self.page.workers if "crypto.worker" in worker.url)

    def enter_worker(self) -> Worker:
        """The crypto worker, with its open mailbox as `globalThis.mailbox` for what we evaluate there."""
        worker = self.crypto_worker
        worker.evaluate(IN_WORKER)
        self.listed(1)
        return worker

    def listed(self, limit: int) -> dict[str, Any]:
        """`total`, and `rows` of id and subject, newest first."""
        found: dict[str, Any] = self.page.evaluate(LIST, [self.base, limit])
        return found

    def deliver(self, messages: list[bytes]) -> None:
        letters.deliver(self.places.lmtp_port, letters.OUTSIDER, self.address, messages)

    def write_mailbox_key(self, folder: Path) -> tuple[Path, Path]:
        """The mailbox's own encryption key and certificate as PEM files: the grant opened with the sample card's key."""
        found = self.page.evaluate(KEYS, self.base)
        keys = open_grant_with_key(parse_grant(base64.b64decode(found["grant"])), self._card_key())
        key, certificate = folder / "mailbox-key.pem", folder / "mailbox.pem"
        key.write_bytes(keys.encryption_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_bytes(pem(load_certificate(base64.b64decode(found["certificate"]))))
        return key, certificate

    def _card_key(self) -> Any:
        return self._card("authentication")[0]

    def _card(self, use: str) -> Any:
        file = self.places.pki / "cards" / PERSON.name / f"{use}.p12"
        return pkcs12.load_key_and_certificates(file.read_bytes(), PERSON.pin.encode())

    @cached_property
    def card_thumbprints(self) -> set[str]:
        """How the bridge's journal names the keys of the card."""
        certificates = (self._card(use)[1] for use in ("authentication", "signature"))
        return {certificate_sha256(certificate).hex()[:16] for certificate in certificates}

    def journal(self) -> list[dict[str, str]]:
        """What the bridge noted of each call."""
        file = self.places.bridge / "state" / "journal.log"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@contextmanager
def open_office() -> Iterator[Office]:
    """Everything started, Alice logged in with her card."""
    with (
        tempfile.TemporaryDirectory(prefix="pli-bench-") as folder,
        sync_playwright() as playwright,
        open_practice(Path(folder)) as practice,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield Office(practice.places, browser, enter(browser, practice.places))
        browser.close()


def enter(browser: Browser, places: Places) -> Page:
    """A fresh browser profile, Alice logged in."""
    page = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900}).new_page()
    Desk(page, places.origin(PERSON.name)).log_in_with_card(PERSON.name)
    page.locator(".row:not(.loading)").first.wait_for(timeout=60_000)
    return page


def module_base(page: Page) -> str:
    """The address of static/js in this page."""
    source: str = page.evaluate("document.querySelector('script[type=module]').src")
    return source.rpartition("pages/")[0]


def sealed_letter(folder: Path, entity: bytes, certificate: Path, subject: str, address: str) -> bytes:
    """A message that the outsider Denis signs and encrypts with OpenSSL (CBC and v1.5, as most programs write it)."""
    signer = [
        "-signer",
        folder / "certificate.pem",
        "-inkey",
        folder / "private-key.pem",
        "-certfile",
        folder / "chain.pem",
    ]
    signed = openssl(entity, "-sign", "-binary", "-nodetach", *signer)
    headers = ["-from", f"Denis Garnier <{letters.OUTSIDER}>", "-to", address, "-subject", subject]
    return letters.dated(openssl(signed, "-encrypt", "-binary", "-aes256", *headers, "-recip", certificate))


def openssl(data: bytes, *arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", "cms", *arguments], input=data, capture_output=True, check=True).stdout
