import pytest

from bridge.pki.anchors import Purpose
from bridge.pki.errors import IdentityError, RppsInvalid
from bridge.pki.health_identity import check_finess, check_rpps, identity_of, luhn_digit
from bridge.pki.path import validate_path


def test_known_test_number_passes():
    check_rpps("99700218896")  # reference/health-messaging.md §3.3


@pytest.mark.parametrize("number", ["99700218897", "9970021889", "9970021889x", "", "１２３４５６７８９０１"])
def test_wrong_number_is_refused(number):
    with pytest.raises(RppsInvalid):
        check_rpps(number)


def test_luhn_digit_completes_a_number():
    check_rpps("9990000101" + luhn_digit("9990000101"))


@pytest.mark.capability("CO1", "CO4")
def test_identity_is_read_from_the_card(pki, anchors, card, now):
    _, certificate, chain = card("bob", "signature")
    validated = validate_path(
        certificate, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=pki.crls()
    )
    identity = identity_of(validated)
    assert (identity.level, identity.id_type, identity.id_value) == ("card", "RPPS", pki.cards["bob"].rpps_number)
    assert (identity.name, identity.profession) == ("Bob LEFÈVRE", "Médecin")


@pytest.mark.capability("CO2")
def test_hospital_staff_are_named_by_their_establishment(pki, anchors, card, now):
    _, certificate, chain = card("hugo", "signature")
    validated = validate_path(
        certificate, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=pki.crls()
    )
    identity = identity_of(validated)
    assert (identity.id_type, identity.id_value) == ("FINESS", pki.cards["hugo"].structure[1:])
    assert (identity.name, identity.profession) == ("Hugo BLANC", "Hôpital fictif")


@pytest.mark.parametrize("value", ["", "750000001", "750000001/", "75000000/X", "750000003/X", "75000000é/X"])
def test_wrong_establishment_is_refused(value):
    with pytest.raises(IdentityError):
        check_finess(value)
