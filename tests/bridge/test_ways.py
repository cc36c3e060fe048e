"""Ways in, as prompts name them: by what was proved, not by what a page or a member called them."""

import hashlib

from bridge.cms.grants import HolderKind, Role
from bridge.prompts.requests import Named
from bridge.ways import person, way_in, ways_of
from tests.vectors.registers import Register, alice, bob

_SECRET = hashlib.sha256(b"a passkey").digest()


def told(register: Register) -> list[Named]:
    membership = register.replay()
    return ways_of(membership.active, membership)


def test_cards_passkeys_and_codes_of_one_person_are_told_apart() -> None:
    register = Register.opened()
    for kind in (HolderKind.PASSKEY, HolderKind.RECOVERY):
        register.grant(alice(), register.keyed(kind, _SECRET, Role.OWNER))
    assert [one.means for one in told(register)] == ["card", "passkey", "recovery"]
    assert {one.identifier for one in told(register)} == {"RPPS 99900000017"}


def test_the_name_of_a_passkey_is_no_persons() -> None:
    """Bob's page calls it by Alice's name: the prompt has Bob's, from his card, and hers as what it is called."""
    register = Register.opened()
    register.grant(alice(), register.body(bob(), Role.SENDER))
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.SENDER, person=bob().identity)
    holder = type(passkey.holder)(passkey.holder.kind, passkey.holder.reference, "RPPS", "99900000025", "Alice Martin")
    named = way_in(holder, register.replay())
    assert named == Named("Bob Durand", "RPPS 99900000025", "passkey", "Alice Martin")


def test_a_passkey_of_whom_no_card_is_known_has_its_number_alone() -> None:
    register = Register.opened()
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=bob().identity)
    assert way_in(passkey.holder, register.replay())[:2] == ("", "RPPS 99900000025")


def test_shares_are_nobodys_and_their_holders_are_people() -> None:
    register = Register.opened()
    body = register.keyed(HolderKind.OFFICER, _SECRET, Role.READER)
    assert way_in(body.holder, register.replay()) == Named("", "", "officer")
    assert person(bob().holder) == Named("Bob Durand", "RPPS 99900000025")
