"""Two practitioners under two authorities exchange a signed and encrypted message, in a real browser."""

import pytest
from desk import ENCRYPTED, Desk, at_desks

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def alice(practice, chromium):
    """At her desk for the whole module, in her inbox when a test begins."""
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.page.set_default_timeout(60_000)
        desk.listen().log_in_with_card("alice")
        yield desk


@pytest.mark.capability("CO1", "CO4", "CO6", "CO12", "CO13", "HO1", "HO4", "CN4", "CN9")
def test_letter_from_one_card_to_the_other(practice, context, alice, tmp_path):
    before = len(practice.prompts("GETPIN"))
    scan = tmp_path / "bilan été.txt"
    scan.write_text("Glycémie 7,4 mmol/l\n", "utf-8")
    alice.write(["bob.lefevre@pli.example"], "Avis pour Mme Essai", "Bonjour Bob,\n\nQu'en penses-tu ?\n", [scan])
    alice.send()
    assert len(practice.prompts("GETPIN")) == before  # the PIN of the login was enough

    bob = Desk(context.new_page(), practice.places.origin("bob"))
    bob.log_in_with_card("bob")
    bob.wait_for_row(ENCRYPTED)
    letter = bob.open(ENCRYPTED)
    assert letter.subject == "Avis pour Mme Essai"
    assert letter.state == "S1"
    assert "Alice MARTIN" in letter.signature
    assert "Qu'en penses-tu" in letter.text
    assert letter.attachments == ["bilan été.txt"]
    details = letter.details()
    assert practice.rpps("alice") in details.replace(" ", "").replace("\u202f", "").replace("\u00a0", "")
    assert alice.complaints == []
    assert bob.complaints == []


def test_sent_copy_is_readable(alice):
    alice.write(["bob.lefevre@pli.example"], "Copie envoyée", "Texte gardé.")
    alice.send()
    alice.folder("Envoyés")
    alice.wait_for_row("Copie envoyée")
    assert alice.open("Copie envoyée").text.strip() == "Texte gardé."
    alice.folder("Réception")


@pytest.mark.capability("CO10", "DN5", "HO3")
@pytest.mark.parametrize("subject", ["Résultats de biologie", "Avis"])
def test_openssl_letter_is_read_with_its_signature(alice, subject):
    alice.wait_for_row(subject)
    letter = alice.open(subject)
    assert "signé et chiffré par OpenSSL" in letter.text
    assert letter.state == "S1b"
    assert "Denis Garnier" in letter.signature


def test_html_letter_asks_nothing_of_the_network(practice, alice):
    alice.wait_for_row("Nouvelle recommandation")
    alice.open("Nouvelle recommandation")
    frame = alice.page.frame_locator("iframe")
    frame.get_by_role("heading", name="Antibioprophylaxie").wait_for()
    bridges = [f"{scheme}://127.0.0.1:{port}/" for scheme in ("ws", "http") for port in practice.places.bridge_ports]
    own = (practice.places.origin("alice") + "/", *bridges, "data:", "blob:")
    assert [url for url in alice.requests if not url.startswith(own)] == []


def test_ten_letters_cost_one_pin(practice, context):
    before = len(practice.prompts("GETPIN"))
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    for number in range(10):
        desk.write(["bob.lefevre@pli.example"], f"Lettre {number}", "Bonjour.")
        desk.send()
    assert len(practice.prompts("GETPIN")) == before + 1
