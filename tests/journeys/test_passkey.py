"""A person without card or bridge: opens an account, reads, writes and is read, by passkey (WebAuthn PRF)."""

import gzip
from urllib.parse import urlsplit

import pytest
from desk import ENCRYPTED, Desk, at_desks
from passkey import open_account, plug_in
from playwright.sync_api import expect
from test_accessibility import violations

from webmail.management.demo.headless_page import HeadlessPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHLOE = "chloe.petit@pli.example"
# One act more in each log than the server shows; ends by the clock where the database does not answer.
SEEN_MORE = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error('no answer')), 10_000);
  const opening = indexedDB.open('pli-vault');
  opening.onsuccess = () => {
    const writing = opening.result.transaction('heads', 'readwrite');
    writing.oncomplete = () => { opening.result.close(); resolve(); };
    writing.objectStore('heads').openCursor().onsuccess = ({ target: { result } }) => {
      if (!result) return;
      result.update({ ...result.value, seq: result.value.seq + 1 });
      result.continue();
    };
  };
})"""


@pytest.fixture(scope="module")
def chloe(practice, chromium):
    """Chloé's browser, with a virtual authenticator; her account is opened by the page."""
    with at_desks(chromium, practice.places, "chloe") as [desk]:
        plug_in(desk.listen())
        open_account(desk, "Chloé Petit", CHLOE)
        yield desk


@pytest.mark.capability("DN4", "CN4", "CN9")
def test_passkey_person_writes_and_a_card_holder_reads(practice, context, chloe):
    chloe.write(["alice.martin@pli.example"], "Courrier à signer", "Le courrier est prêt.")
    chloe.send()
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    alice.log_in_with_card("alice")
    alice.wait_for_row(ENCRYPTED)
    letter = alice.open(ENCRYPTED)
    assert letter.subject == "Courrier à signer"
    assert letter.state == "S1b"
    assert letter.text.strip() == "Le courrier est prêt."
    alice.write([CHLOE], "Merci", "Signé et rendu.")
    alice.send()


@pytest.mark.capability("DN4")
def test_passkey_person_reads_after_logging_in_again(chloe):
    chloe.page.get_by_role("button", name="Verrouiller").click()
    chloe.page.get_by_role("button", name="Déverrouiller").click()
    chloe.wait_for_row(ENCRYPTED)
    letter = chloe.open(ENCRYPTED)
    assert letter.text.strip() == "Signé et rendu."
    assert letter.state == "S4"  # no bridge checks the paths here: security.md §3.7


@pytest.mark.negative(73)
def test_a_restored_backup_opens_once_she_agreed(practice, chloe, pictures):
    """Her browser has seen an act that the server lost with a backup, and refuses until the operator says so and she agrees."""
    page = chloe.page
    page.get_by_role("button", name="Verrouiller").click()
    page.locator("[data-action=unlock]").wait_for()
    page.evaluate(SEEN_MORE)
    page.locator("[data-action=unlock]").click()
    expect(page.locator(".notice-error")).to_contain_text("altéré sur le serveur")
    practice.manage("announce_restore")
    page.locator("[data-action=unlock]").click()
    expect(page.locator(".notice-error")).to_contain_text("a restauré une sauvegarde")
    expect(page.locator(".notice-error")).to_contain_text(CHLOE)
    pictures.shoot(page, "restored-backup")
    assert violations(page, None) == []
    page.locator("[data-action=agree-restore]").click()
    chloe.wait_for_row("Merci")
    page.reload()  # nothing is left to be agreed to
    page.locator("[data-action=unlock]").click()
    chloe.wait_for_row("Merci")


def test_her_browser_asked_no_bridge(chloe):
    assert [url for url in chloe.requests if "127.0.0.1" in url] == []


@pytest.mark.capability("DN1")
def test_everything_needed_is_light(practice, chloe):
    """Whatever her browser loaded to open an account, read and write, without an extension: at most 900 kB as a server in front
    compresses it."""
    with HeadlessPage(practice.places.origin("chloe"), practice.bridge_port) as client:
        paths = {urlsplit(url).path for url in chloe.requests if "/static/" in url}
        sizes = {path: len(gzip.compress(client.get(path))) for path in paths}
    assert len(sizes) > 50  # the whole application was asked for
    assert sum(sizes.values()) <= 900_000
