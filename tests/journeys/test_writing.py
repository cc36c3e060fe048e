"""What leaves for outsiders: the form their own programs announced, to certificates that a person adopted, and hidden copies hidden."""

import html
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from desk import ENCRYPTED, OPENING, Desk, at_desks
from mishap import ALARM, alarm, in_english, shoot
from outsiders import (
    Outsider,
    deliver,
    denis,
    form,
    issue_outsider,
    signed_by_openssl,
    signed_by_recent_program,
)
from playwright.sync_api import expect

from webmail.management.demo import letters

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))

from exchange import Outgoing
from exchange import denis as denis_with_roots
from peers import READERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
AES_256_GCM, AES_256_CBC = "2.16.840.1.101.3.4.1.46", "2.16.840.1.101.3.4.1.42"
SIGNED_AND_ENCRYPTED = "Résultats de biologie"
PROTECTION, ADOPT = ".protection", "[data-action=adopt]"


@pytest.fixture(scope="module")
def alice(practice, chromium):
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.page.set_default_timeout(60_000)
        desk.log_in_with_card("alice")
        yield desk
        assert desk.complaints == []


@pytest.fixture
def outgoing(practice):
    return Outgoing(practice)


def read(practice, alice: Desk, sender: Outsider, message: bytes, subject: str) -> None:
    """Let a signed letter arrive, and open it."""
    deliver(practice, sender, ALICE, message)
    alice.folder("Réception")
    alice.wait_for_row(subject)
    assert alice.open(subject).state == "S1b"


def throw_away(alice: Desk) -> None:
    alice.page.locator("[data-action=discard]").click()
    expect(alice.page.locator("textarea.composer-text")).to_have_count(0)


def test_the_cipher_follows_what_the_recipient_announced(practice, alice, outgoing):
    """CBC and PKCS#1 v1.5 while nothing better is known; GCM and OAEP once a signed letter of his was read; back again."""
    outsider = denis(practice)
    alice.write([outsider.address], "Forme classique", "Lisible partout.")
    expect(alice.page.locator(f"{PROTECTION} summary")).to_contain_text(
        "classique que lit le logiciel de Denis Garnier"
    )
    shoot(alice.page, "protection-classic")
    alice.send()
    wire = outgoing.next()
    assert form(wire) == (AES_256_CBC, ["rsaes_pkcs1v15"])
    assert b"Lisible partout." in outsider.decrypt(wire)

    read(practice, alice, outsider, signed_by_recent_program(outsider, ALICE, "Nouveau logiciel"), "Nouveau logiciel")
    alice.write([outsider.address], "Forme récente", "Lisible par son logiciel.")
    expect(alice.page.locator(f"{PROTECTION} summary")).to_contain_text(
        "forme récente que lit le logiciel de ce destinataire"
    )
    alice.page.locator(f"{PROTECTION} summary").click()
    details = alice.page.locator(PROTECTION).inner_text()
    assert "AES-256-GCM · RSA-OAEP" in details
    assert "A annoncé la forme récente" in details
    assert "ne peut pas être désactivé" in details
    assert "cannot be switched off" in in_english(alice.page, PROTECTION)
    shoot(alice.page, "protection-recent")
    alice.send()
    wire = outgoing.next()
    assert form(wire) == (AES_256_GCM, ["rsaes_oaep"])
    assert b"Lisible par son logiciel." in outsider.decrypt(wire)

    read(practice, alice, outsider, signed_by_openssl(outsider, ALICE, "Ancien logiciel"), "Ancien logiciel")
    alice.write([outsider.address], "De nouveau classique", "Bonjour.")
    alice.send()
    assert form(outgoing.next()) == (AES_256_CBC, ["rsaes_pkcs1v15"])


@pytest.mark.capability("CO10")
def test_one_copy_for_a_colleague_and_an_outsider_is_read_by_every_program(practice, alice, outgoing, tmp_path):
    """Bob's key travels by OAEP, Denis's by v1.5, in one CMS that splits nobody off."""
    alice.write([BOB, denis(practice).address], "À deux", "Le même texte.")
    alice.page.locator(f"{PROTECTION} summary").click()
    assert "Utilise Pli." in alice.page.locator(PROTECTION).inner_text()
    alice.send()
    wire = outgoing.next()
    assert form(wire) == (AES_256_CBC, ["rsaes_pkcs1v15", "rsaes_oaep"])
    for name, read_with in READERS.items():
        work = tmp_path / name
        work.mkdir()
        assert b"Le m=C3=AAme texte." in read_with(wire, denis_with_roots(practice), work)


def test_a_letter_forwarded_whole_keeps_its_signature(practice, alice, outgoing):
    """What came encrypted to Alice leaves encrypted to Denis; inside, OpenSSL verifies what was signed first."""
    outsider = denis(practice)
    alice.folder("Réception")
    alice.open(SIGNED_AND_ENCRYPTED)
    alice.page.locator("[data-command=forwardWhole]").click()
    expect(alice.page.locator(".composer-text")).to_have_value("")
    expect(alice.page.locator(".composer-attachments .attachment-name")).to_have_text([f"{SIGNED_AND_ENCRYPTED}.eml"])
    alice.page.locator("#to-input").fill(f"{outsider.address},")
    alice.send()
    signed = message_from_bytes(outsider.decrypt(outgoing.next()), policy=policy.SMTP)
    # The sample letter has lines that end in LF alone and octets above 127: it travels as a file.
    [original] = [part.get_content() for part in signed.walk() if part.get_filename() == f"{SIGNED_AND_ENCRYPTED}.eml"]
    assert message_from_bytes(original, policy=policy.SMTP)["Subject"] == SIGNED_AND_ENCRYPTED
    roots = ["-CAfile", outsider.folder / "chain.pem", "-partial_chain"]
    verified = subprocess.run(["openssl", "cms", "-verify", *roots], input=original, capture_output=True, check=True)
    assert "Ce message a été signé et chiffré".encode() in verified.stdout


def test_an_unknown_outsider_is_written_to_once_a_person_adopted_his_certificate(practice, alice, outgoing):
    fanny = issue_outsider(practice, "Fanny Petit", "fanny@cabinet.example")
    alice.write([fanny.address], "Avant", "Bonjour.")
    assert "ne peut pas encore" in alarm(alice.page)
    throw_away(alice)

    read(practice, alice, fanny, signed_by_openssl(fanny, ALICE, "Me voici"), "Me voici")
    alice.write([fanny.address], "Après", "Votre certificat a été adopté.")
    words = alarm(alice.page)
    assert "Fanny Petit vous a envoyé un certificat" in words
    assert "Pli Test Partner" in words
    assert "sent you a certificate" in in_english(alice.page, ALARM)
    send = alice.page.locator("[data-action=send]")
    expect(send).to_be_disabled()
    shoot(alice.page, "certificate-offered")
    alice.page.locator(ADOPT).click()
    expect(send).to_be_enabled()
    expect(alice.page.locator(".chip")).to_contain_text("Fanny Petit")
    alice.send()
    wire = outgoing.next()
    assert form(wire) == (AES_256_CBC, ["rsaes_pkcs1v15"])
    assert "Votre certificat a =C3=A9t=C3=A9 adopt=C3=A9." in fanny.decrypt(wire).decode()

    alice.page.locator("[data-action=lock]").click()
    alice.page.locator("[data-action=unlock]").click()
    alice.page.locator(".grid").first.wait_for(timeout=OPENING)
    alice.write([fanny.address], "Encore", "Sans autre question.")
    expect(alice.page.locator("[data-action=send]")).to_be_enabled()
    expect(alice.page.locator(ADOPT)).to_have_count(0)
    throw_away(alice)


@pytest.mark.negative(37)
def test_a_hidden_copy_leaves_no_trace_for_the_others(practice, context, alice, outgoing):
    """What Bob's page holds of the letter does not name Denis; Denis has a CMS of his own, which names only Bob."""
    outsider = denis(practice)
    alice.write([BOB], "Avec copie cachée", "Pour Bob.", bcc=[outsider.address])
    alice.send()
    wire = outgoing.next()
    assert len(form(wire)[1]) == 1
    assert message_from_bytes(wire, policy=policy.SMTP)["Bcc"] is None
    assert b"Pour Bob." in outsider.decrypt(wire)
    assert b"denis@" not in outsider.decrypt(wire)

    bob = Desk(context.new_page(), practice.places.origin("bob"))
    bob.log_in_with_card("bob")
    bob.folder("Réception")
    bob.wait_for_row(ENCRYPTED)
    letter = bob.open(ENCRYPTED)
    assert letter.subject == "Avec copie cachée"
    bob.page.locator(".people-details summary").click()
    shown = bob.page.locator(".reader-sheet").inner_html()
    assert "alice.martin@" in shown
    assert "denis" not in shown.lower()


@pytest.mark.negative(49)
def test_a_mailto_link_brings_recipients_a_subject_and_text(practice, alice):
    """No hidden copy, no file, no markup: what it names is written into the composer, and nothing leaves by itself."""
    subject = "Lien d'un inconnu"
    link = f"mailto:{BOB}?cc={ALICE}&bcc=espion@x.example&attach=/etc/passwd&subject=Avis&body=%3Cb%3EBonjour%3C/b%3E"
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "x@lien.example", ALICE, subject
    letter.set_content(f"Écrivez à {BOB}.")
    letter.add_alternative(f'<p><a href="{html.escape(link)}">Écrire</a></p>', subtype="html")
    letters.deliver(practice.places.lmtp_port, "x@lien.example", ALICE, [letters.dated(letter.as_bytes())])
    alice.folder("Réception")
    alice.wait_for_row(subject)
    alice.open(subject)
    alice.page.frame_locator("iframe").get_by_role("link", name="Écrire").click()
    text = alice.page.locator("textarea.composer-text")
    expect(text).to_have_value("<b>Bonjour</b>")
    expect(alice.page.locator("#subject")).to_have_value("Avis")
    chips = alice.page.locator(".chip")
    expect(chips).to_have_count(2)
    assert [chip.get_attribute("data-address") for chip in chips.all()] == [BOB, ALICE]
    assert alice.page.locator(".composer-attachments").count() == 0
    throw_away(alice)
