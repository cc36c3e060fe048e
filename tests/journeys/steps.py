"""The steps of the smoke run, in the words of the people who take them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from desk import CARD_LABELS, ENCRYPTED, OPENING
from museum import Visit, mismatches
from passkey import begin_account, enter, plug_in, register
from playwright.sync_api import expect
from shared_steps import (
    alice_looks_after_the_ward,
    alice_signs_what_her_secretary_prepared,
    the_locum_reads_for_bob,
    the_ward_is_closed_to_a_lost_card,
)
from tour import Tour

from webmail.management.demo import run
from webmail.management.demo.letters import OUTSIDER
from webmail.management.demo.museum.exhibits import EXHIBITS
from webmail.management.demo.pictures import write_pdf

ALICE, BOB, CHLOE = "alice.martin@pli.example", "bob.lefevre@pli.example", "chloe.petit@pli.example"
WORD = "spirogramme"  # in no text but those written here: searched for at the end
SUBJECT = f"Avis pour Mme Essai : {WORD}"


def see_the_entrance(tour: Tour) -> None:
    """The entrance, in both languages and in the dark."""
    tour.alice = tour.desk("alice")
    tour.alice.go()
    page = tour.alice.page
    page.get_by_role("heading", name="Connexion").wait_for()
    tour.shoot(tour.alice, "entrance")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Log in").wait_for()
    tour.shoot(tour.alice, "entrance-english")
    page.get_by_role("button", name="Français").click()
    for theme in ("light", "dark", None):
        page.locator(".entrance-tools button").last.click()
        assert page.evaluate("document.documentElement.dataset.theme ?? null") == theme


def alice_logs_in(tour: Tour) -> None:
    """Alice chooses her card; one PIN logs her in and opens her mailbox."""
    page, before = tour.alice.page, tour.asked()
    page.get_by_role("button", name="Carte de santé").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for()
    tour.shoot(tour.alice, "cards")
    page.get_by_role("button", name=CARD_LABELS["alice"]).click()
    tour.alice.wait_for_row("Planning des gardes")
    tour.pins["login"] = tour.asked() - before
    assert tour.pins["login"] == 1, "the login asked more than one PIN"
    tour.shoot(tour.alice, "inbox")


def alice_reads_text(tour: Tour) -> None:
    """Alice reads a plain letter from outside."""
    letter = tour.alice.open("Planning des gardes")
    assert "Dr Lefèvre" in letter.text
    assert letter.state == "S5"
    tour.shoot(tour.alice, "reader-text")


def alice_reads_html(tour: Tour) -> None:
    """Alice reads an HTML letter, and is told where its link leads."""
    tour.alice.open("Nouvelle recommandation")
    frame = tour.alice.page.frame_locator("iframe")
    frame.get_by_role("heading", name="Antibioprophylaxie").wait_for()
    tour.shoot(tour.alice, "reader-html")
    frame.get_by_role("link", name="Lire la suite").click()
    tour.alice.page.get_by_role("dialog").wait_for()
    tour.shoot(tour.alice, "link")
    tour.alice.page.keyboard.press("Escape")


def alice_reads_attachments(tour: Tour) -> None:
    """Alice reads a report with a PDF and an image, saves one and looks at the other."""
    letter = tour.alice.open("Compte rendu")
    assert letter.attachments == ["compte-rendu.pdf", "cliché.png"]
    tour.shoot(tour.alice, "reader-attachments")
    with tour.alice.page.expect_download() as saved:
        tour.alice.page.get_by_role("button", name="Enregistrer compte-rendu.pdf").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-1.4")
    tour.alice.page.get_by_role("button", name="Afficher cliché.png").click()
    tour.alice.page.get_by_role("dialog").wait_for()
    tour.shoot(tour.alice, "preview")
    tour.alice.page.keyboard.press("Escape")


def alice_reads_openssl(tour: Tour) -> None:
    """Alice reads what an outsider signed and encrypted with OpenSSL, CBC and GCM."""
    for subject in ("Résultats de biologie", "Avis"):
        letter = tour.alice.open(subject)
        assert "signé et chiffré par OpenSSL" in letter.text
        assert letter.state == "S1b"
    letter.details()
    tour.shoot(tour.alice, "reader-openssl")


def alice_sees_what_is_held(tour: Tour) -> None:
    """Alice lays what the server holds beside the opened message."""
    page = tour.alice.page
    page.locator("[data-command=held]").click()
    page.locator(".held-columns .hex").first.wait_for()
    held = page.locator(".held-columns > :nth-child(2)").inner_text()
    assert "OpenSSL" not in held
    tour.shoot(tour.alice, "held")
    page.keyboard.press("Escape")


def alice_visits_the_museum(tour: Tour) -> None:
    """Alice visits the museum: a proof, a forgery and a page that tells, each as its subject says."""
    visit = Visit(tour.alice)
    visit.enter()
    tour.shoot(tour.alice, "museum")
    for key in ("card", "attributes-as-content", "tracking"):
        exhibit = next(exhibit for exhibit in EXHIBITS if exhibit.key == key)
        assert mismatches(visit.page, exhibit, exhibit.expected, visit.open(exhibit)) == []
        tour.shoot(tour.alice, f"museum-{key}")
    tour.alice.folder("Réception")
    tour.alice.wait_for_row("Planning des gardes")


def alice_asks_for_help(tour: Tour) -> None:
    """Alice asks for the keyboard's commands, and for English."""
    page = tour.alice.page
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    tour.shoot(tour.alice, "help")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Inbox").wait_for()
    tour.shoot(tour.alice, "inbox-english")
    page.get_by_role("button", name="Français").click()


def alice_meets_an_unknown_address(tour: Tour) -> None:
    """Alice starts a letter; the directory suggests, and an address without certificate is named as such."""
    page = tour.alice.page
    page.get_by_role("button", name="Écrire").click()
    page.locator("#to-input").wait_for()
    tour.shoot(tour.alice, "composer-empty")
    page.locator("#to-input").press_sequentially("lef", delay=30)
    page.get_by_role("option", name="Lefèvre").wait_for()
    tour.shoot(tour.alice, "composer-suggestions")
    page.locator("#to-input").fill("emma.inconnue@ailleurs.example,")
    page.locator(".composer-notices .notice").wait_for()
    expect(page.locator("[data-action=send]")).to_be_disabled()
    tour.shoot(tour.alice, "composer-blocked")
    page.locator("[data-action=discard]").click()


def alice_writes_to_bob(tour: Tour) -> None:
    """Alice writes to Bob with an attachment."""
    text = (
        "Cher confrère,\n\nMerci de revoir Mme Essai, 64 ans, essoufflée à l’effort depuis un mois.\n"
        f"Son {WORD} d’hier est joint.\n\nBien à toi,\nAlice Martin\n"
    )
    tour.alice.write([BOB], SUBJECT, text, [report(tour)])
    tour.alice.page.locator(".chip.ready").wait_for()
    tour.shoot(tour.alice, "composer")
    tour.alice.send()


def report(tour: Tour) -> Path:
    """A PDF to attach; its name holds the word too."""
    file = tour.practice.places.data / f"{WORD}.pdf"
    file.write_bytes(write_pdf([f"{WORD.capitalize()} (document fictif)", "", "VEMS 2,1 l"]))
    return file


def alice_keeps_a_draft(tour: Tour) -> None:
    """Alice keeps a draft, finds it again, and discards it."""
    page = tour.alice.page
    tour.alice.folder("Brouillons")
    page.locator(".empty-title", has_text="Aucun brouillon").wait_for()
    tour.shoot(tour.alice, "drafts-empty")
    tour.alice.write([BOB], "Relecture", f"Le {WORD} est à relire.")
    page.get_by_role("button", name="Fermer et garder comme brouillon").click()
    page.locator(".draft-item", has_text="Relecture").wait_for()
    tour.shoot(tour.alice, "drafts")
    page.locator(".draft-item", has_text="Relecture").click()
    expect(page.locator("textarea.composer-text")).to_have_value(f"Le {WORD} est à relire.")
    page.locator("[data-action=discard]").click()
    tour.alice.folder("Réception")


def bob_reads_it_as_signed(tour: Tour) -> None:
    """Bob logs in with a card of another authority and reads it as signed by Alice, with her RPPS number."""
    tour.bob = tour.desk("bob")
    tour.bob.log_in_with_card("bob")
    letter = tour.bob.open(ENCRYPTED)
    assert letter.subject == SUBJECT
    assert letter.state == "S1"
    assert tour.practice.rpps("alice") in letter.signature
    assert letter.attachments == [f"{WORD}.pdf"]
    tour.shoot(tour.bob, "reader-signed")
    letter.details()
    tour.shoot(tour.bob, "reader-signed-details")


def bob_answers(tour: Tour) -> None:
    """Bob answers; Alice sees it arrive by itself and reads it as signed."""
    page = tour.bob.page
    page.locator("[data-command=reply]").click()
    page.locator("textarea.composer-text").press_sequentially("Je la vois jeudi.")
    tour.shoot(tour.bob, "reply")
    tour.bob.send()
    letter = tour.alice.open(ENCRYPTED)
    assert "Je la vois jeudi." in letter.text
    assert letter.state == "S1"


def alice_writes_ten_letters(tour: Tour) -> None:
    """Alice writes ten letters and is asked for no PIN."""
    before = tour.asked()
    for number in range(1, 11):
        tour.alice.write([BOB], f"Lettre {number} sur 10", "Bonjour.")
        tour.alice.send()
    tour.pins["letters"] = tour.asked() - before
    assert tour.pins["letters"] == 0, "a letter asked for a PIN"


def alice_looks_at_what_she_sent(tour: Tour) -> None:
    """Alice reads her own copy of what she sent."""
    tour.alice.folder("Envoyés")
    letter = tour.alice.open(WORD)
    assert "Mme Essai" in letter.text
    tour.shoot(tour.alice, "sent")
    tour.alice.folder("Réception")


def alice_writes_to_denis(tour: Tour) -> None:
    """Alice writes to Denis, who has no Pli; OpenSSL opens what left the server."""
    tour.alice.write([OUTSIDER], "Réponse", f"Merci pour le {WORD}.")
    tour.alice.send()
    left = wait_for_file(tour.practice.places.server / "outgoing" / "new")
    assert WORD.encode() not in left.read_bytes()
    denis = tour.practice.places.pki / "people" / "denis"
    keys = ["-recip", denis / "certificate.pem", "-inkey", denis / "private-key.pem"]
    opened = subprocess.run(["openssl", "cms", "-decrypt", "-in", left, *keys], capture_output=True, check=False)
    assert WORD.encode() in opened.stdout, opened.stderr.decode()


def wait_for_file(folder: Path) -> Path:
    deadline = time.monotonic() + OPENING / 1000
    while time.monotonic() < deadline:
        if folder.is_dir() and (found := next(folder.iterdir(), None)):
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing left the server: {folder} stays empty")


def chloe_opens_an_account(tour: Tour) -> None:
    """Chloé, without card or bridge, opens an account with a passkey."""
    tour.chloe = tour.desk("chloe")
    plug_in(tour.chloe)
    begin_account(tour.chloe)
    tour.shoot(tour.chloe, "open-account")
    register(tour.chloe, "Chloé Petit", CHLOE)
    tour.shoot(tour.chloe, "open-account-done")
    enter(tour.chloe)
    tour.chloe.page.locator(".empty-title", has_text="Rien à lire").wait_for()
    tour.shoot(tour.chloe, "inbox-empty")


def chloe_writes_to_alice(tour: Tour) -> None:
    """Chloé writes; Alice reads it at identity level "passkey" and answers; Chloé reads the answer."""
    tour.chloe.write([ALICE], "Courrier à signer", f"Le {WORD} est classé, le courrier est prêt.")
    tour.chloe.send()
    letter = tour.alice.open(ENCRYPTED)
    assert letter.subject == "Courrier à signer"
    assert letter.state == "S1b"
    tour.shoot(tour.alice, "reader-passkey")
    tour.alice.write([CHLOE], "Merci", "Signé et rendu.")
    tour.alice.send()
    assert tour.chloe.open(ENCRYPTED).text.strip() == "Signé et rendu."


def people_lock_and_unlock(tour: Tour) -> None:
    """Alice and Chloé lock their mailboxes and open them again."""
    for name, desk in (("alice", tour.alice), ("chloe", tour.chloe)):
        desk.page.get_by_role("button", name="Verrouiller").click()
        desk.page.locator("[data-action=unlock]").wait_for()
        assert WORD not in desk.page.content()
        tour.shoot(desk, f"locked-{name}")
        desk.page.locator("[data-action=unlock]").click()
        desk.page.locator(".row:not(.loading)").first.wait_for()


def the_bridge_stops(tour: Tour) -> None:
    """The bridge stops: mailboxes lock and say why, and how to go on."""
    tour.bridge_leaves()
    tour.practice.processes.stop("bridge-journey")
    page = tour.alice.page
    page.locator("[data-action=unlock]").wait_for()
    page.locator("[data-action=unlock]").click()
    page.get_by_role("alert").wait_for()
    tour.shoot(tour.alice, "bridge-absent")


def the_card_table_stands(tour: Tour) -> None:
    """The card table: cards are pulled and inserted by hand."""
    started = run.start_bridge(tour.practice.processes, tour.practice.places, "table")
    tour.table = tour.page()
    tour.table.goto(started["table"])
    card = tour.table.locator(".card", has_text=CARD_LABELS["alice"])
    card.get_by_role("button", name="Retirer").click()
    card.get_by_role("button", name="Insérer").wait_for()
    tour.gallery.shoot(tour.table, "table")
    card.get_by_role("button", name="Insérer").click()
    card.get_by_role("button", name="Retirer").wait_for()


def alice_types_her_pin(tour: Tour) -> None:
    """Alice unlocks; the table asks for her PIN, she mistypes it, then types it, and her mailbox opens."""
    page = tour.alice.page
    page.locator("[data-action=unlock]").click()
    answer(tour, "9999", "table-pin")
    page.get_by_role("alert").wait_for()
    tour.shoot(tour.alice, "wrong-pin")
    page.locator("[data-action=unlock]").click()
    answer(tour, "1234")
    page.locator(".row:not(.loading)").first.wait_for()


def answer(tour: Tour, pin: str, picture: str = "") -> None:
    """Type a PIN on the card table."""
    tour.table.locator("input[name=pin]").wait_for()
    if picture:
        tour.gallery.shoot(tour.table, picture)
    tour.table.locator("input[name=pin]").fill(pin)
    tour.table.get_by_role("button", name="Valider").click()


def alice_agrees_to_sign(tour: Tour) -> None:
    """The table asks once for consent before a signature."""
    tour.alice.write([BOB], "Depuis la table", "Bonjour.")
    tour.alice.press_send()
    tour.table.get_by_role("button", name="Accepter").wait_for()
    tour.gallery.shoot(tour.table, "table-consent")
    tour.table.get_by_role("button", name="Accepter").click()
    expect(tour.alice.page.locator("textarea.composer-text")).to_have_count(0, timeout=OPENING)


def alice_pulls_her_card(tour: Tour) -> None:
    """Alice pulls her card: the mailbox locks and says so."""
    card = tour.table.locator(".card", has_text=CARD_LABELS["alice"])
    card.get_by_role("button", name="Retirer").click()
    tour.alice.page.locator("[data-action=unlock]").wait_for()
    tour.shoot(tour.alice, "locked-card-removed")


def alice_logs_out(tour: Tour) -> None:
    """Alice logs out."""
    tour.alice.page.locator("[data-action=logout]").click()
    tour.alice.page.get_by_role("heading", name="Connexion").wait_for()


def nothing_is_kept_in_clear(tour: Tour) -> None:
    """find_clear finds no word of what was written in database, blobs and logs."""
    tour.practice.manage("find_clear", WORD, "--folder", tour.practice.places.logs)


STEPS: tuple[Callable[[Tour], None], ...] = (
    see_the_entrance,
    alice_logs_in,
    the_locum_reads_for_bob,
    alice_looks_after_the_ward,
    the_ward_is_closed_to_a_lost_card,
    alice_signs_what_her_secretary_prepared,
    alice_reads_text,
    alice_reads_html,
    alice_reads_attachments,
    alice_reads_openssl,
    alice_sees_what_is_held,
    alice_visits_the_museum,
    alice_asks_for_help,
    alice_meets_an_unknown_address,
    alice_writes_to_bob,
    alice_keeps_a_draft,
    bob_reads_it_as_signed,
    bob_answers,
    alice_writes_ten_letters,
    alice_looks_at_what_she_sent,
    alice_writes_to_denis,
    chloe_opens_an_account,
    chloe_writes_to_alice,
    people_lock_and_unlock,
    the_bridge_stops,
    the_card_table_stands,
    alice_types_her_pin,
    alice_agrees_to_sign,
    alice_pulls_her_card,
    alice_logs_out,
    nothing_is_kept_in_clear,
)
