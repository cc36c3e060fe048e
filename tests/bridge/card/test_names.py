"""What a card is called: two of one kind are told apart by their holders."""

from cryptography.hazmat.primitives.serialization import Encoding

from bridge.card.names import card_name, nameless
from bridge.pki.sample_health_pki import SamplePki
from tests.vcard.holder import certify, make_key


def certificate(pki: SamplePki, holder: str) -> bytes:
    return certify(pki, holder, "authentication", make_key("p256")).der


def test_two_cards_of_one_kind_bear_their_holders_names(sample_pki: SamplePki) -> None:
    names = [card_name("PIV_II", [certificate(sample_pki, holder)]) for holder in ("alice", "bob")]
    assert names == ["Alice MARTIN, PIV_II", "Bob LEFÈVRE, PIV_II"]


def test_a_label_that_says_the_name_stays(sample_pki: SamplePki) -> None:
    assert card_name("CPS Alice Martin", [certificate(sample_pki, "alice")]) == "CPS Alice Martin"


def test_a_site_that_does_not_know_the_holder_is_not_told_the_name(sample_pki: SamplePki) -> None:
    alice = certificate(sample_pki, "alice")
    assert nameless("PIV_II", [alice], "PKCS#15") == "PIV_II"
    assert nameless("CPS Alice Martin", [alice], "CPS3") == "CPS3"
    assert nameless("CPS MARTIN", [b"no certificate", alice], "") == "card"
    assert nameless("PIV_II", [], "") == "PIV_II"


def test_without_a_name_the_label_stays(sample_pki: SamplePki) -> None:
    authority = sample_pki.branches["fort"].issuing.certificate.public_bytes(Encoding.DER)
    assert card_name("PIV_II", []) == "PIV_II"
    assert card_name("PIV_II", [b"no certificate", authority]) == "PIV_II"
