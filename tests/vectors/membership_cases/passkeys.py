"""Mailboxes and unlockers of passkeys and recovery codes."""

from __future__ import annotations

from dataclasses import replace

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from tests.vectors.membership_cases.cases import OTHER_SECRET, SECRET, case, joined, owner_body, two_managers
from tests.vectors.registers import Register, alice, bob, chloe, nameless, renewed


def passkey_mailbox() -> Register:
    return Register.opened_by_passkey(SECRET)


@case("a mailbox opened by passkey")
def _() -> Register:
    return passkey_mailbox()


@case("a second passkey of its owner")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER))
    return register


@case("a recovery code of its owner, by the mailbox key")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.RECOVERY, OTHER_SECRET, Role.OWNER))
    return register


@case("a passkey's mailbox makes a new epoch")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None)
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER))
    return register


@case("a passkey's mailbox lets a colleague in", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.body(bob()))
    return register


@case("a passkey's mailbox lets a colleague in with a new epoch", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None, register.body(bob()))
    return register


def nameless_passkey_mailbox() -> Register:
    """Whose owner has no identifier at all."""
    return Register.opened_by_passkey(SECRET, nameless().identity)


@case("a second passkey and a code of an owner without identifier")
def _() -> Register:
    register = nameless_passkey_mailbox()
    kinds = (HolderKind.PASSKEY, HolderKind.RECOVERY)
    bodies = [register.keyed(kind, OTHER_SECRET, Role.OWNER, person=nameless().identity) for kind in kinds]
    register.grant(None, *bodies)
    register.rotate(None)
    return register


@case("a card without identifier is not taken for his", "passkey-cannot-share")
def _() -> Register:
    register = nameless_passkey_mailbox()
    register.grant(None, register.body(nameless(), Role.OWNER))
    return register


@case("a passkey of somebody else in a mailbox opened by passkey", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("the mailbox key confirms what nobody proposed", "not-pending")
def _() -> Register:
    register = passkey_mailbox()
    register.act(LogKind.CONFIRM, None, [owner_body(register)])
    return register


@case("the mailbox key of an older epoch", "signer-not-manager")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None)
    body = register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER)
    register.act(LogKind.GRANT, None, [body], signed_with_epoch=1)
    return register


def passkey_and_card() -> Register:
    """Opened by passkey; the owner has a card by now."""
    register = passkey_mailbox()
    register.grant(None, register.body(alice(), Role.OWNER))
    return register


@case("the owner of a passkey's mailbox gets a card, which lets a colleague in")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    return register


@case("with a colleague in, the mailbox key speaks for nobody", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER))
    return register


@case("nor once the colleague has gone, who still knows the key", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    body = register.body(bob())
    register.grant(alice(), body)
    register.revoke(alice(), body)
    register.revoke(None, owner_body(register))
    return register


@case("and does again after a new epoch without him")
def _() -> Register:
    register = passkey_and_card()
    body = register.body(bob())
    register.grant(alice(), body)
    register.rotate(alice(), ends=[body])
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER))
    return register


@case("a card comes to prove whom a passkey claimed")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(alice(), identity=alice().identity)
    return register


@case("the mailbox key claims a card", "identity-changed")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(None, identity=alice().identity)
    return register


@case("once a card has proved it, the mailbox key speaks no more", "signer-not-manager")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(alice(), identity=alice().identity)
    register.grant(None, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER))
    return register


@case("a colleague's card vouches for a name that is not his", "identity-changed")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob(), Role.OWNER))
    register.rotate(bob(), identity=alice().identity)
    return register


@case("the owner of a card adds a passkey and a recovery code")
def _() -> Register:
    register = Register.opened()
    register.grant(
        alice(),
        register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER),
        register.keyed(HolderKind.RECOVERY, OTHER_SECRET, Role.OWNER),
    )
    register.rotate(alice())
    return register


@case("a new card when all but the passkey is lost")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER))
    register.revoke(alice(), owner_body(register))
    card = renewed(alice())
    register.grant(card, register.body(card, Role.OWNER))
    return register


@case("a manager adds a passkey and a recovery code of his own")
def _() -> Register:
    register, _ = two_managers()
    kinds = (HolderKind.PASSKEY, HolderKind.RECOVERY)
    register.grant(bob(), *(register.keyed(kind, SECRET, Role.MANAGER, person=bob().identity) for kind in kinds))
    return register


@case("a manager's new epoch carries the owner's passkey and brings one of his own")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER))
    register.rotate(bob(), register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("a manager makes a passkey in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, SECRET, Role.READER))
    return register


@case("a manager makes a recovery code in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.RECOVERY, SECRET, Role.READER))
    return register


@case("a manager makes a passkey in nobody's name, which is the owner's", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    nobody = replace(bob().identity, id_type="", id_value="")
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, SECRET, Role.READER, person=nobody))
    return register


@case("the owner makes a passkey in a colleague's name", "identity-changed")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, SECRET, Role.READER, person=bob().identity))
    return register


@case("the owner makes a recovery code in a stranger's name", "identity-changed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.keyed(HolderKind.RECOVERY, SECRET, Role.READER, person=chloe().identity))
    return register


@case("a passkey of one's own, and a colleague's beside it", "identity-changed")
def _() -> Register:
    register, _ = joined(Role.READER)
    own = register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER)
    register.grant(alice(), own, register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("a new epoch brings a passkey in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.rotate(bob(), register.keyed(HolderKind.PASSKEY, SECRET, Role.READER))
    return register


@case("a colleague's passkey carried with another role is a new one", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, SECRET, Role.READER, person=bob().identity))
    passkey = GrantBody.from_der(register.bodies[-1])
    register.rotate(alice(), replace(passkey, role=Role.SENDER), ends=[passkey])
    return register


@case("a reader puts a passkey in place of his card")
def _() -> Register:
    register, body = joined(Role.READER)
    passkey = register.keyed(HolderKind.PASSKEY, SECRET, Role.READER, person=bob().identity)
    register.act(LogKind.CERT_CHANGE, bob(), [passkey], ends=[body])
    return register


@case("the owner puts a passkey in place of a reader's card", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    passkey = register.keyed(HolderKind.PASSKEY, SECRET, Role.READER, person=bob().identity)
    register.act(LogKind.CERT_CHANGE, alice(), [passkey], ends=[body])
    return register
