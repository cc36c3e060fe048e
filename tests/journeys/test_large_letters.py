"""Letters of 25 and 50 MB: the page says how far it is, answers meanwhile, can stop, and hands out every byte."""

import hashlib
import os
import subprocess

import pytest
from desk import at_desks
from playwright.sync_api import expect

from webmail.management.demo import letters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE = "alice.martin@pli.example"
PATIENCE = 120_000
# What a person sees while a message opens, and whether frames were drawn and a click was answered meanwhile.
WATCH = """() => {
  const seen = window.seen = { said: [], frames: 0, clicks: 0 };
  new MutationObserver(() => {
    const place = document.querySelector('.opening [role=status]');
    if (place && seen.said.at(-1) !== place.textContent.trim()) seen.said.push(place.textContent.trim());
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  const frame = () => { if (document.querySelector('.opening')) seen.frames += 1; requestAnimationFrame(frame); };
  frame();
}"""
# A line that is slow while `slow` is true: the last part of a message comes late. Before the page's own scripts, which keep `fetch`.
SLOW_LINE = """
const { fetch } = window;
window.slow = false;
window.fetch = async (...asked) => {
  const answer = await fetch(...asked);
  if (!window.slow || !String(asked[0]).includes('/jmap/download/')) return answer;
  const waiting = new Promise((resolve) => { window.letGo = resolve; });
  const late = new TransformStream({ transform: async (chunk, out) => { out.enqueue(chunk); }, flush: () => waiting });
  return new Response(answer.body.pipeThrough(late), { headers: answer.headers });
};
window.hurry = () => { window.slow = false; window.letGo(); };
"""


@pytest.fixture(scope="module")
def practice(standing_practice):
    return standing_practice


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Two scans: in a signed and encrypted letter of about 25 MB, and in one that brings the mailbox near its limit of 50 MB."""
    folder = tmp_path_factory.mktemp("scans")
    made = {}
    for name, size in (("moyen.bin", 10_100_000), ("grand.bin", 19_300_000)):
        made[name] = folder / name
        made[name].write_bytes(os.urandom(size))
    return made


@pytest.fixture(scope="module")
def alice(practice, scans, chromium):
    certificate = practice.places.data / "recipient-alice.pem"
    denis = practice.places.pki / "people" / "denis"
    post = [
        sealed(denis, certificate, "Vingt-cinq mégaoctets", scans["moyen.bin"]),
        sealed(denis, certificate, "Cinquante mégaoctets", scans["grand.bin"]),
    ]
    assert 24_000_000 < len(post[0]) < 30_000_000
    assert 48_000_000 < len(post[1]) <= 50 * 1024 * 1024
    letters.deliver(practice.places.lmtp_port, letters.OUTSIDER, ALICE, post)
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.page.add_init_script(SLOW_LINE)
        desk.log_in_with_card("alice")
        yield desk


def sealed(denis, certificate, subject, scan):
    """Signed opaquely and encrypted by OpenSSL, as most programs write it: base64 three times over."""
    body = letters._openssl(scan_entity(scan), "-sign", "-binary", "-nodetach", *signer(denis))
    heading = ["-from", letters.OUTSIDER, "-to", ALICE, "-subject", subject]
    return letters.dated(letters._openssl(body, "-encrypt", "-binary", "-aes256", *heading, "-recip", certificate))


def signer(denis):
    return ["-signer", denis / "certificate.pem", "-inkey", denis / "private-key.pem", "-certfile", denis / "chain.pem"]


def scan_entity(scan):
    encoded = subprocess.run(["base64", "-w", "76", scan], capture_output=True, check=True).stdout
    text = b"--s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nCi-joint le scanner.\r\n"
    kind = b"--s\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    name = b'Content-Disposition: attachment; filename="%s"\r\n\r\n' % scan.name.encode()
    parts = text + kind + name + encoded.replace(b"\n", b"\r\n") + b"--s--\r\n"
    return b'Content-Type: multipart/mixed; boundary="s"\r\n\r\n' + parts


def begin(desk, subject):
    # Only the rows in view exist, and others write to this mailbox as well.
    desk.page.locator(".grid").evaluate("(grid) => { grid.scrollTop = 0; }")
    desk.wait_for_row(subject)
    desk.page.locator(".row", has_text=subject).first.click()


def saved(desk, name):
    with desk.page.expect_download(timeout=PATIENCE) as download:
        desk.page.get_by_role("button", name=f"Enregistrer {name}").click()
    return hashlib.sha256(download.value.path().read_bytes()).digest()


@pytest.mark.parametrize(
    ("subject", "name"), [("Vingt-cinq mégaoctets", "moyen.bin"), ("Cinquante mégaoctets", "grand.bin")]
)
def test_large_letter_opens_with_its_progress(alice, scans, subject, name):
    """The percentage grows, frames are drawn meanwhile, and the attachment is saved as it was sent."""
    alice.page.evaluate(WATCH)
    begin(alice, subject)
    alice.page.locator(".attachment-name", has_text=name).wait_for(timeout=PATIENCE)
    assert alice.opened().state == "S1b"
    seen = alice.page.evaluate("window.seen")
    percents = [int(said.split("…")[1].split("%")[0]) for said in seen["said"] if "%" in said]
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3
    assert seen["frames"] > 3
    assert saved(alice, name) == hashlib.sha256(scans[name].read_bytes()).digest()
    alice.page.locator(".row", has_text="Planning").first.click()
    assert alice.opened().subject.startswith("Planning")


def test_opening_can_be_stopped_and_begun_again(alice):
    """While the line is slow the page answers: the help opens, the opening stops, and goes on when asked again."""
    page = alice.page
    page.evaluate("window.slow = true")
    begin(alice, "Vingt-cinq mégaoctets")
    page.locator("[data-action=cancel]").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.locator("[data-action=cancel]").click()
    expect(page.get_by_text("L’ouverture a été arrêtée.")).to_be_visible()
    page.evaluate("hurry()")
    page.wait_for_timeout(500)
    assert page.locator(".signature").count() == 0  # what came after the stop is not shown
    page.locator("[data-action=resume]").click()
    page.locator(".attachment-name", has_text="moyen.bin").wait_for(timeout=PATIENCE)
    assert "Ci-joint le scanner." in alice.opened().text
