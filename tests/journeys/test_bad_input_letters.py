"""Letters that are not right are one clear notice each, and their neighbours open (issue 2, *What bad input gets*)."""

import bad_letters
import pytest
from bad_letters import BOB
from desk import at_desks
from mishap import in_english, shoot
from playwright.sync_api import expect

from webmail.management.demo import letters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE = "alice.martin@pli.example"
NEIGHBOUR = "Une voisine en règle"
UNOPENED, ENDLESS = "Ne peut pas être ouvert sur cet appareil", "Plus gros ou plus imbriqué que ce que Pli accepte"


@pytest.fixture(scope="module")
def practice(standing_practice):
    return standing_practice


@pytest.fixture(scope="module")
def alice(practice, chromium):
    """Alice's desk after the bad post arrived, each bad letter between two good ones."""
    deliver_all(practice)
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.page.set_default_timeout(60_000)
        desk.log_in_with_card("alice")
        yield desk


def deliver_all(practice):
    denis, keys = practice.places.pki / "people" / "denis", practice.places.data
    post = letters.deliver
    post(practice.places.lmtp_port, letters.OUTSIDER, ALICE, [*outside_letters(denis, keys)])
    post(practice.places.lmtp_port, BOB, ALICE, [*letters_of_bob(practice)])


def outside_letters(denis, keys):
    sealed = letters.openssl_letter(denis, keys / "recipient-alice.pem", ALICE, ["-aes256"], "Abîmée")
    gcm = letters.openssl_letter(denis, keys / "recipient-alice.pem", ALICE, ["-aes-256-gcm"], "Abîmée en GCM")
    for_bob = letters.openssl_letter(denis, keys / "recipient-bob.pem", ALICE, ["-aes256"], "Pour un autre")
    signed = bad_letters.signed_by_denis(denis, "Prendre 5 mg par jour.")
    yield letters.dated(for_bob)
    yield bytes(bad_letters.plain(NEIGHBOUR, "Avant.\n"))
    yield letters.dated(bad_letters.damaged(sealed))
    yield letters.dated(bad_letters.damaged(gcm))
    yield bad_letters.outer("Signée") + signed
    yield bad_letters.outer("Modifiée") + signed.replace(b"5 mg", b"50 mg")
    yield bad_letters.attributes_as_content(denis, "Attributs pour contenu")
    yield bad_letters.nested("Quarante niveaux", 40)
    yield bad_letters.many_parts("Mille et une parties", 1_001)
    yield bytes(bad_letters.plain(NEIGHBOUR, "Bonjour.\n"))


def letters_of_bob(practice):
    origin, port = practice.places.origin("bob"), practice.bridge_port
    payload, signature = bad_letters.bob_signs(origin, port, "Avec carte", by_card=True)
    stripped = bad_letters.without_card_signature(signature)
    yield bad_letters.multipart_signed(bad_letters.outer("Avec carte", BOB), payload, signature)
    yield bad_letters.multipart_signed(bad_letters.outer("Carte ôtée", BOB), payload, stripped)
    payload, signature = bad_letters.bob_signs(origin, port, "Sans carte", by_card=False)
    yield bad_letters.multipart_signed(bad_letters.outer("Sans carte", BOB), payload, signature)


def notice(alice, subject):
    """The one notice that stands in place of a message."""
    alice.wait_for_row(subject)
    alice.open(subject)
    expect(alice.page.locator(".reader-sheet .notice")).to_have_count(1)
    assert alice.page.locator(".reader-sheet .signature, .message-paper").count() == 0
    return alice.page.locator(".reader-sheet .notice").inner_text()


def neighbours_open(alice):
    alice.wait_for_row(NEIGHBOUR)
    assert alice.open(NEIGHBOUR).text.strip() == "Bonjour."


@pytest.mark.parametrize(
    ("subject", "french", "why", "english"),
    [
        ("Pour un autre", "chiffré pour quelqu’un d’autre", UNOPENED, "encrypted for someone else"),
        ("Abîmée", "n’a pas pu être ouvert", UNOPENED, "could not be opened"),
        ("Abîmée en GCM", "n’a pas pu être ouvert", UNOPENED, "could not be opened"),
        ("Quarante niveaux", "plus imbriqué", ENDLESS, "more deeply nested"),
        ("Mille et une parties", "plus imbriqué", ENDLESS, "more deeply nested"),
    ],
)
def test_message_that_cannot_be_shown_is_one_notice(alice, subject, french, why, english):
    """For another key, damaged (with and without authentication), without end: the reason, and what to do."""
    words = notice(alice, subject)
    assert french in words
    assert "Demandez à son expéditeur" in words
    assert f"Il dit venir de {letters.OUTSIDER} ; rien ne le prouve" in words
    row = alice.page.locator(".row.quarantined", has_text=subject).first
    expect(row.locator(".row-snippet")).to_have_text(why)
    assert english in in_english(alice.page, ".reader-sheet .notice")
    shoot(alice.page, f"letter-{subject.replace(' ', '-')}")
    neighbours_open(alice)


@pytest.mark.capability("HO3")
@pytest.mark.parametrize(
    ("subject", "state", "french", "english"),
    [
        ("Signée", "S1b", "Texte signé par Denis Garnier", "Text signed by Denis Garnier"),
        ("Modifiée", "S5", "Expéditeur non prouvé", "Sender not proven"),
        ("Attributs pour contenu", "S5", "Expéditeur non prouvé", "Sender not proven"),
        ("Avec carte", "S1", "Bob LEFÈVRE", "Signed by Bob LEFÈVRE"),
        ("Carte ôtée", "S5", "Expéditeur non prouvé", "Sender not proven"),
        ("Sans carte", "S1b", BOB, BOB),
    ],
)
def test_signature_state_is_what_was_proven(alice, subject, state, french, english):
    """The good ones first: each forgery below them differs by one thing."""
    alice.wait_for_row(subject)
    letter = alice.open(subject)
    assert letter.state == state
    assert french in letter.signature
    assert english in in_english(alice.page, ".signature-words")
    shoot(alice.page, f"signature-{subject.replace(' ', '-')}")
    if state == "S5":
        assert "changé" in letter.details() or "modifié" in letter.details() or "signature" in letter.details()
    neighbours_open(alice)
