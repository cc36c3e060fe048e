"""A message being written loses no word, whatever goes away meanwhile, and leaves only for whom it can be encrypted."""

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from desk import OPENING, at_desks
from mishap import ALARM, alarm, in_english, shoot
from playwright.sync_api import expect

from bridge.pki.certificates import pem
from webmail.management.demo import run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
LAPSED = "ancien@partner.example"
WORDS, LAST = "Phrase à ne pas perdre.", " Et la dernière."
COMPOSER = "textarea.composer-text"
ASSURANCE = ".composer-assurance"
RECORDING = """() => { const seen = window.seenProgress = []; const look = () => {
  for (const place of document.querySelectorAll('.composer-assurance, .reader-sheet [role=status]'))
    if (seen.at(-1) !== place.textContent.trim()) seen.push(place.textContent.trim()); };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true }); }"""


@pytest.fixture(scope="module")
def opened(practice, chromium):
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.page.set_default_timeout(60_000)
        desk.log_in_with_card("alice")
        yield desk


@pytest.fixture
def alice(opened):
    """The open mailbox, nothing being written; what a test leaves in the composer is thrown away."""
    yield opened
    if opened.page.locator(COMPOSER).count():
        opened.page.locator("[data-action=discard]").click()
    opened.page.locator(COMPOSER).wait_for(state="detached")


def composer_is_back(desk, words=WORDS):
    expect(desk.page.locator(COMPOSER)).to_have_value(words, timeout=OPENING)


def unlock(desk):
    desk.page.locator("[data-action=unlock]").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)


# Recipients


def introduce_lapsed(practice, folder):
    """A correspondent whom the directory knows, by a certificate that ended yesterday."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dr Paul Ancien")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    )
    address = x509.SubjectAlternativeName([x509.RFC822Name(LAPSED)])
    file = folder / "lapsed.pem"
    file.write_bytes(pem(builder.add_extension(address, critical=False).sign(key, hashes.SHA256())))
    practice.manage("add_correspondent", LAPSED, "--certificate", file, "--name", "Dr Paul Ancien")


@pytest.mark.parametrize(
    ("address", "french", "possible", "english"),
    [
        (
            "inconnu@ailleurs.example",
            "inconnu@ailleurs.example ne peut pas encore",
            "Invitez",
            "cannot receive encrypted",
        ),
        ("personne@pli.example", "personne@pli.example ne peut pas encore", "Invitez", "cannot receive encrypted"),
        (LAPSED, "Dr Paul Ancien ne peut plus recevoir", "renouveler", "can no longer receive"),
    ],
)
def test_recipient_without_certificate_is_named(practice, alice, tmp_path, address, french, possible, english):
    """Unknown outside, unknown here, known with an ended certificate: by name, with what is possible instead."""
    if address == LAPSED:
        introduce_lapsed(practice, tmp_path)
    alice.write([BOB, address], "À deux", WORDS)
    words = alarm(alice.page)
    assert french in words
    assert possible in words
    assert english in in_english(alice.page, ALARM)
    send = alice.page.locator("[data-action=send]")
    expect(send).to_be_disabled()
    assert "Tout le monde ne peut pas encore" in alice.page.locator(ASSURANCE).inner_text()
    shoot(alice.page, f"recipient-{address.partition('@')[0]}")
    alice.page.locator(f"{ALARM} button", has_text="Retirer").click()
    expect(send).to_be_enabled()
    expect(alice.page.locator(COMPOSER)).to_have_value(WORDS)


# Sizes


def test_a_message_of_fifty_megabytes_arrives_unchanged(alice, tmp_path):
    """As large as a message may be, once its file is written in base64 twice; its draft is not uploaded beside it."""
    scan = tmp_path / "scanner.bin"
    scan.write_bytes(os.urandom(26_600_000))
    alice.page.evaluate(RECORDING)
    alice.write([ALICE], "Cinquante mégaoctets", "Ci-joint.", [scan])
    alice.page.locator(".attachment-name", has_text="scanner.bin").wait_for()
    uploads = []
    alice.page.on("request", lambda request: uploads.append(request) if "/jmap/upload" in request.url else None)
    alice.press_send()
    expect(alice.page.locator(COMPOSER)).to_have_count(0, timeout=180_000)
    large = [upload for upload in uploads if upload.sizes()["requestBodySize"] > 1_000_000]
    assert len(large) == 2  # what leaves, and the copy that is kept
    seen = " ".join(alice.page.evaluate("window.seenProgress"))
    assert "Signature…" in seen
    assert "Chiffrement…" in seen
    assert "Envoi…" in seen
    alice.wait_for_row("Message chiffré")
    alice.page.locator(".row", has_text="Message chiffré").first.click()
    alice.page.locator(".attachment-name", has_text="scanner.bin").wait_for(timeout=180_000)
    with alice.page.expect_download() as download:
        alice.page.get_by_role("button", name="Enregistrer scanner.bin").click()
    arrived = download.value.path().read_bytes()
    assert hashlib.sha256(arrived).digest() == hashlib.sha256(scan.read_bytes()).digest()
    assert any("Ouverture du message" in words and "%" in words for words in alice.page.evaluate("window.seenProgress"))


def test_more_than_fifty_megabytes_never_leave(alice, tmp_path):
    """Refused where it is attached, before anything is signed, encrypted or sent; what was there stays."""
    small, large = tmp_path / "lettre.txt", tmp_path / "film.bin"
    small.write_text("petite")
    with large.open("wb") as file:
        file.truncate(51_000_000)
    alice.write([ALICE], "Trop lourd", WORDS, [small])
    alice.page.locator(".attachment-name", has_text="lettre.txt").wait_for()
    alice.listen()
    alice.page.locator("input[type=file]").set_input_files([str(large)])
    words = alarm(alice.page)
    assert "50 Mo" in words
    assert "film.bin (51 Mo)" in words.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Pas ajouté" in words
    assert "50 MB" in in_english(alice.page, ALARM)
    assert alice.page.locator(".attachment-name").all_inner_texts() == ["lettre.txt"]
    assert not [url for url in alice.requests if "/jmap/upload" in url]
    expect(alice.page.locator(COMPOSER)).to_have_value(WORDS)
    shoot(alice.page, "composer-too-large")


# What goes away while one writes


def test_reload_offers_the_draft_again(alice):
    alice.write([BOB], "Page rechargée", WORDS)
    alice.page.locator(".composer-state", has_text="scellé").wait_for(timeout=OPENING)
    alice.page.reload()
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)
    shoot(alice.page, "reload-locked")
    unlock(alice)
    composer_is_back(alice)
    assert alice.page.locator(".chip").get_attribute("data-address") == BOB


@pytest.mark.capability("CO3")
def test_pulled_card_clears_the_page_and_keeps_the_draft(practice, alice):
    """Written one second before, not yet sealed by the pause: still there after logging in, and not on the page meanwhile."""
    subject = "Planning des gardes de décembre"
    alice.wait_for_row(subject)
    alice.open(subject)
    alice.write([BOB], "Carte retirée", WORDS)
    before = time.monotonic()
    practice.set_card("alice", inserted=False)
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)
    assert time.monotonic() - before < 2
    left = alice.page.content()
    assert [text for text in (subject, WORDS, BOB, "Carte retirée", "gardes") if text in left] == []
    words = alice.page.locator(".locked-page").inner_text()
    assert "La carte a été retirée" in words
    assert "Si vous écriviez un message, il a été conservé" in words
    assert "Remettez la carte, puis déverrouillez" in words
    assert "The card was removed" in in_english(alice.page, ".locked-page")
    shoot(alice.page, "locked-card-pulled")
    alice.page.locator("[data-action=unlock]").click()
    assert "pas de carte" in alarm(alice.page) or "n’est pas la carte" in alarm(alice.page)
    practice.set_card("alice", inserted=True)
    time.sleep(0.6)
    unlock(alice)
    composer_is_back(alice)


def test_server_down_while_reading_and_writing(practice, alice):
    """The banner says so, what is open stays, a retry works once it is back, and nothing was lost."""
    alice.write([BOB], "Serveur arrêté", WORDS)
    alice.page.locator(".composer-state", has_text="scellé").wait_for(timeout=OPENING)
    practice.processes.stop("web")
    alice.page.get_by_text("Pas de connexion au serveur").wait_for(timeout=OPENING)
    alice.page.locator(COMPOSER).fill(WORDS + LAST)  # these are not stored anywhere but on this device
    alice.press_send()
    words = alarm(alice.page, "serveur")
    assert "Le serveur est injoignable" in words
    assert "Ce que vous écrivez est conservé" in words
    expect(alice.page.locator(COMPOSER)).to_have_value(WORDS + LAST)
    shoot(alice.page, "server-down-writing")
    alice.page.get_by_role("button", name="Fermer et garder comme brouillon").click()
    alice.page.locator(".row", has_text="Nouvelle recommandation").first.click()
    assert "injoignable" in alarm(alice.page, "injoignable")
    assert alice.page.locator(".notice").count() == 2  # the banner, and what to do about this message
    assert "cannot be reached" in in_english(alice.page, f".reader-sheet {ALARM}")
    shoot(alice.page, "server-down-reading")
    run.start_web(practice.processes, practice.places)
    run.wait_for_port(practice.places.web_port)
    alice.page.locator(".reader-sheet").get_by_role("button", name="Réessayer").click()
    alice.page.frame_locator("iframe").get_by_role("heading", name="Antibioprophylaxie").wait_for(timeout=OPENING)
    expect(alice.page.get_by_text("Pas de connexion au serveur")).to_have_count(0, timeout=OPENING)
    alice.folder("Brouillons")
    alice.page.locator(".draft-item", has_text=LAST).click()
    composer_is_back(alice, WORDS + LAST)
    alice.send()
    alice.folder("Envoyés")
    alice.wait_for_row("Serveur arrêté")
    alice.folder("Réception")


def test_lock_without_server_costs_no_word(alice):
    """Sealed on this device, and stored at the next opening."""
    alice.write([], "Sans serveur", WORDS)
    alice.page.context.set_offline(True)
    alice.page.locator("[data-action=lock]").click()
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)
    alice.page.context.set_offline(False)
    unlock(alice)
    alice.folder("Brouillons")
    alice.page.locator(".draft-item", has_text="Sans serveur").click()
    composer_is_back(alice)
    alice.folder("Réception")


def test_restarted_bridge_costs_no_word(practice, alice):
    alice.write([BOB], "Programme redémarré", WORDS)
    alice.page.locator(".composer-state", has_text="scellé").wait_for(timeout=OPENING)
    practice.processes.stop("bridge-journey")
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)
    words = alice.page.locator(".locked-page").inner_text()
    assert "programme de carte a été arrêté" in words
    assert "Si vous écriviez un message, il a été conservé" in words
    assert WORDS not in alice.page.content()
    alice.page.locator("[data-action=unlock]").click()
    assert "ne répond pas" in alarm(alice.page)
    assert "does not answer" in in_english(alice.page, ALARM)
    shoot(alice.page, "locked-bridge-absent")
    run.start_bridge(practice.processes, practice.places, "journey")
    unlock(alice)
    composer_is_back(alice)
