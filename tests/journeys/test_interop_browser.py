"""Plain S/MIME in a real browser: each way an outsider may encrypt, and the answer that his program reads.

The whole matrix is `make interop`; the cells here are one per kind.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from desk import ENCRYPTED, Desk
from practice import open_practice

from bridge.pki.sample_health_pki import issue_sample_pki

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))

from card_part import verify_card_part
from exchange import (
    ALICE,
    EMMA,
    EMMA_AT_DESK,
    OUTSIDER,
    Outgoing,
    deliver,
    denis,
    expect_content,
    expect_read,
    health_roots,
    issue_emmas_card,
    open_p384_mailbox,
)
from openssl_letters import P384_FORMS, RSA_FORMS, Letter
from openssl_peer import OpenSsl
from peers import READERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TO_RSA = [Letter(form, number % 2 == 0, f"Essai {number}") for number, form in enumerate(RSA_FORMS)]
ALTERED = Letter(RSA_FORMS[0], True, "Essai altéré", altered=True)
TO_P384 = Letter(P384_FORMS[1], False, "Essai ECDH")


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    """The sample practice, a third mailbox on P-384, and letters that OpenSSL wrote."""
    data = tmp_path_factory.mktemp("practice")
    issue_emmas_card(issue_sample_pki(data / "pki"))
    with open_practice(data) as practice:
        open_p384_mailbox(practice)
        deliver(practice, ALICE, [*TO_RSA, ALTERED])
        deliver(practice, EMMA_AT_DESK.address, [TO_P384])
        yield practice


@pytest.fixture(scope="module")
def context(chromium):
    made = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture(scope="module")
def alice(practice, context):
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    return desk


@pytest.mark.capability("CO10", "DN5", "HO3")
@pytest.mark.parametrize("letter", [*TO_RSA, ALTERED], ids=lambda letter: letter.form.name)
def test_a_letter_of_openssl_opens(alice, letter):
    expect_read(alice, letter)


@pytest.mark.capability("CO10")
def test_a_p384_mailbox_opens_what_openssl_and_pli_write(practice, context, alice):
    alice.write([EMMA_AT_DESK.address], "Pour une courbe", "Chiffré par accord de clés.")
    alice.send()
    emma = Desk(context.new_page(), practice.places.origin(EMMA_AT_DESK.name))
    emma.log_in_with_card(EMMA.name)
    expect_read(emma, TO_P384)
    emma.wait_for_row(ENCRYPTED)
    letter = emma.open(ENCRYPTED)
    assert (letter.state, letter.text.strip()) == ("S1", "Chiffré par accord de clés.")


@pytest.mark.capability("CO10", "CO11", "DN5")
def test_the_answer_opens_in_every_program(practice, alice, tmp_path):
    outgoing, reader = Outgoing(practice), denis(practice)
    alice.write([OUTSIDER], "Réponse", "L’œdème a disparu.")
    alice.send()
    wire = outgoing.next()
    for read in READERS.values():
        expect_content(read(wire, reader, tmp_path), "Réponse", "L’œdème a disparu.")
    entity = OpenSsl(tmp_path / "mailbox", [reader]).inside(wire)
    health_alone = OpenSsl(tmp_path / "card", [replace(reader, roots=health_roots(practice))])
    assert verify_card_part(entity, health_alone) == "899900001019"
    assert alice.complaints == []
