"""What a grant may give, and to whom."""

from __future__ import annotations

from dataclasses import replace

from bridge.cms.grants import HolderKind, Role
from bridge.cms.log import LogKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, SECRET, case, joined
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, denis, nameless, renewed
from tests.vectors.writing import flip_last


@case("the genesis alone")
def _() -> Register:
    return Register.opened()


@case("the owner makes a reader for two weeks")
def _() -> Register:
    return joined(Role.READER, not_after=NOW + 14 * DAY)[0]


@case("one entry for several members")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob()), register.body(chloe(), Role.SENDER), register.body(denis()))
    return register


@case("a manager makes a sender")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.grant(bob(), register.body(chloe(), Role.SENDER))
    return register


@case("a sender makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a stranger makes a reader", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    register.grant(denis(), register.body(chloe()))
    return register


@case("a manager who makes himself one in the act that needs one", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    register.grant(bob(), register.body(bob(), Role.MANAGER))
    return register


@case("a manager makes an owner", "role-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.grant(bob(), register.body(chloe(), Role.OWNER))
    return register


@case("a manager whose time is over makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.grant(bob(), register.body(chloe(), not_after=NOW + DAY))
    return register


@case("a manager at the last second of his time")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + DAY
    register.grant(bob(), register.body(chloe(), not_after=NOW + DAY))
    return register


@case("a manager whose time has not begun makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_before=NOW + DAY)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a manager for a week makes a reader for two", "end-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + 7 * DAY)
    register.grant(bob(), register.body(chloe(), not_after=NOW + 14 * DAY))
    return register


@case("a manager for a week makes a reader without end", "end-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + 7 * DAY)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a grant that ends before it begins", "dates")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), not_after=NOW - DAY))
    return register


@case("the same card twice", "already-member")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(alice(), register.body(bob(), Role.SENDER))
    return register


@case("a role changed: the old grant ends in the entry of the new one")
def _() -> Register:
    register, reader = joined(Role.READER)
    register.grant(alice(), register.body(bob(), Role.SENDER), ends=[reader])
    return register


@case("a body of another mailbox", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), mailbox_id=bytes(16)))
    return register


@case("a body of another address", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), address="other@pli.example"))
    return register


@case("a body of another place in the log", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), log_seq=2))
    return register


@case("a body after another entry", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), prev_log_hash=bytes(32)))
    return register


@case("a body of an epoch to come", "epoch-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), epoch=2))
    return register


@case("a body with keys of nobody", "certificate-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), encryption_spki=bytes(32)))
    return register


@case("a body that is not there", "body-missing")
def _() -> Register:
    register, body = joined(Role.READER)
    register.bodies.remove(body.to_der())
    return register


@case("a grant entry without grants", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice())
    return register


@case("a grant entry with a binding", "malformed")
def _() -> Register:
    register = Register.opened()
    register.act(LogKind.GRANT, alice(), [register.body(bob())], register.binding(alice().identity))
    return register


@case("one body listed twice", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.body(bob())
    register.grant(alice(), body, body)
    return register


@case("one card in two bodies of one entry", "already-member")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob()), register.body(bob(), Role.SENDER))
    return register


@case("an owner whose card has no identifier")
def _() -> Register:
    register = Register.opened(nameless())
    register.grant(nameless(), register.body(bob()))
    return register


@case("another card without identifier is not the owner's", "signer-not-manager")
def _() -> Register:
    register = Register.opened(nameless())
    register.grant(renewed(nameless()), register.body(bob()))
    return register


@case("a card with the identifier of another register is another person", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    other = renewed(alice())
    register.grant(Colleague(other.card, replace(other.identity, id_type="FINESS")), register.body(bob()))
    return register


@case("the owner's second card signs too")
def _() -> Register:
    register = Register.opened()
    second = renewed(alice())
    register.grant(alice(), register.body(second, Role.OWNER))
    register.grant(second, register.body(bob()))
    return register


@case("the mailbox key of a mailbox with cards signs a grant", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(None, register.body(chloe()))
    return register


@case("a grant that ends the second it begins")
def _() -> Register:
    return joined(Role.READER, not_after=NOW)[0]


@case("a card with a holder key", "malformed")
def _() -> Register:
    register = Register.opened()
    key = register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER).holder_key
    register.grant(alice(), register.body(bob(), holder_key=key))
    return register


@case("a recovery code without a holder key", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), replace(register.keyed(HolderKind.RECOVERY, SECRET, Role.OWNER), holder_key=None))
    return register


@case("a recovery code named by another key", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.keyed(HolderKind.RECOVERY, SECRET, Role.OWNER)
    register.grant(alice(), replace(body, holder=replace(body.holder, reference=bytes(32))))
    return register


@case("a holder key that is no point of the curve", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER)
    register.grant(alice(), replace(body, holder_key=flip_last(body.holder_key or b"")))
    return register


@case("an epoch below nought", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), history_from_epoch=-1))
    return register


@case("an epoch beyond counting", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), history_from_epoch=2**31))
    return register


def two_certificates() -> Register:
    """The owner's card has no identifier, and one certificate to sign with and another to open with."""
    register = Register()
    register.new_epoch()
    opens_with = replace(nameless().holder, reference=renewed(nameless()).holder.reference)
    body = register.body(nameless(), Role.OWNER, holder=opens_with)
    register.act(LogKind.GENESIS, nameless(), [body], register.binding(nameless().identity))
    return register


@case("an owner known by the key that signed the genesis")
def _() -> Register:
    register = two_certificates()
    register.grant(nameless(), register.body(bob()))
    return register
