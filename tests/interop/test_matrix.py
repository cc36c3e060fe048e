"""What counts as answered: no cell passes for another form, and no refusal for another one."""

import re

import pytest
from cells import Cell, Refusal
from forms import Form, encryptions
from libcrypto import encrypt_with_ukm
from matrix import _answer
from openssl_peer import UKM, OpenSsl
from peer import Commission, PeerRefused
from shape import Opener, Shape, shape_of

CELL = Cell("somebody", "reads", "something")
KNOWN = Refusal(("somebody",), "reads", lambda _: True, "no such [a-z]+", "it is old")


def refuse(said):
    raise PeerRefused(said)


@pytest.mark.parametrize(
    ("ask", "refusal", "outcome", "said"),
    [
        (lambda: "opened", None, "ok", "opened"),
        (lambda: refuse("error 7: no such cipher"), KNOWN, "refused", "it is old (“no such cipher”)"),
        (lambda: refuse("bad signature"), KNOWN, "failed", "bad signature"),
        (lambda: refuse("no such cipher"), None, "failed", "no such cipher"),
        (lambda: "opened", KNOWN, "failed", "no longer refused: opened"),
    ],
    ids=["exchanged", "known", "other words", "unknown", "learnt"],
)
def test_only_the_known_refusal_counts(ask, refusal, outcome, said):
    answer = _answer(CELL, ask, refusal)
    assert (answer.outcome, answer.said) == (outcome, said)


@pytest.mark.parametrize("form", encryptions(("DER", "BER")), ids=str)
def test_openssl_writes_the_form_it_is_asked_for_and_no_other(form, kinds, tmp_path):
    person = kinds[form.recipient]
    letter = Commission(form, person, person.address, person.certificate, person.chain, "Essai", "Bonjour.")
    shape = shape_of(
        OpenSsl(tmp_path / "openssl", [person]).write(letter), Opener(person.certificate, person.private_key)
    )
    asked = re.sub(r" P-\d+", "", str(form))
    assert {re.sub(r" P-\d+", "", str(other)) for other in encryptions(("DER", "BER")) if shape.is_of(other)} == {asked}


def test_a_ukm_is_what_the_recipient_needs_to_decrypt(kinds, tmp_path):
    person = kinds["p-256"]
    made = encrypt_with_ukm(b"Bonjour.", person.certificate.read_bytes(), UKM, "AES-CBC", streamed=False)
    openssl = OpenSsl(tmp_path / "openssl", [person])
    assert openssl.decrypt(made) == b"Bonjour."
    with pytest.raises(PeerRefused):
        openssl.decrypt(made.replace(UKM, UKM[::-1]))


def test_one_recipient_of_the_asked_kind_is_enough_and_clear_text_is_none():
    form = Form("encrypted", "ECDH P-256", "AES-CBC", "")
    assert Shape("encrypted", "BER", ("RSA v1.5", "ECDH"), "AES-CBC").is_of(form)
    assert not Shape("not S/MIME", "").is_of(form)
