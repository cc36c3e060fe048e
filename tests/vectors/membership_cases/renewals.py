"""A new card in the place of an old one."""

from __future__ import annotations

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, OTHER_SECRET, case, joined, owner_body
from tests.vectors.membership_cases.passkeys import passkey_and_card
from tests.vectors.registers import Register, alice, bob, chloe, denis, renewed


@case("a card renewed, signed by the old one")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + 14 * DAY)
    new = register.body(renewed(bob()), not_after=NOW + 14 * DAY, not_before=NOW + DAY)
    register.act(LogKind.CERT_CHANGE, bob(), [new], ends=[body])
    return register


@case("a card renewed, signed by the new one")
def _() -> Register:
    register, body = joined(Role.READER)
    card = renewed(bob())
    register.act(LogKind.CERT_CHANGE, card, [register.body(card)], ends=[body])
    return register


@case("a card renewed by a manager")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a card renewed by another reader", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.READER)
    register.grant(alice(), register.body(chloe()))
    register.act(LogKind.CERT_CHANGE, chloe(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a card renewed for somebody else", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(chloe())], ends=[body])
    return register


@case("a card renewed with another RPPS, signed by the old one", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(denis())], ends=[body])
    return register


@case("a card renewed, and a friend let in with it", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    grants = [register.body(renewed(bob())), register.body(chloe())]
    register.act(LogKind.CERT_CHANGE, alice(), grants, ends=[body])
    return register


@case("a reader renews his card and becomes manager", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()), Role.MANAGER)], ends=[body])
    return register


@case("a reader renews his card and becomes manager by another", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    grants = [register.body(renewed(bob())), register.body(renewed(bob()), Role.MANAGER)]
    register.act(LogKind.CERT_CHANGE, bob(), grants, ends=[body])
    return register


@case("the mailbox key renews an unlocker while a colleague knows it", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    passkey = register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER)
    register.act(LogKind.CERT_CHANGE, None, [passkey], ends=[owner_body(register)])
    return register


@case("a reader renews his card and stays longer", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a reader renews his card and reads older mail", "rights-changed")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    body = GrantBody.from_der(register.bodies[-1])
    new = register.body(renewed(bob()), history_from_epoch=1)
    register.act(LogKind.CERT_CHANGE, bob(), [new], ends=[body])
    return register


@case("a card renewed of which nothing ends", "malformed")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(renewed(bob()))])
    return register


@case("a reader renews his card after his time", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()), not_after=NOW + DAY)], ends=[body])
    return register


@case("the owner's new card, the old one dead")
def _() -> Register:
    register = Register.opened()
    card = renewed(alice())
    register.act(LogKind.CERT_CHANGE, card, [register.body(card, Role.OWNER)], ends=[owner_body(register)])
    register.grant(card, register.body(bob()))
    return register
