"""Ways into a mailbox, as a prompt names them: whose they are, by what was proved, and what they are.

A page calls a new passkey what it likes, so that this name stands apart from the person's and never for it.
"""

from collections.abc import Sequence

from bridge.cms.grants import Holder, HolderKind
from bridge.cms.membership import Member, Membership
from bridge.prompts.requests import Named

_NAMED_BY_OTHERS = (HolderKind.PASSKEY, HolderKind.RECOVERY)


def person(holder: Holder) -> Named:
    """Whoever is meant, and not what he has."""
    return Named(holder.name, _identifier(holder))


def way_in(holder: Holder, membership: Membership) -> Named:
    """The card of somebody, his passkey, his printed code, or the shares of several."""
    if holder.kind is HolderKind.OFFICER:
        return Named("", "", holder.kind.value)
    called = holder.name if holder.kind is HolderKind.PASSKEY else ""
    return Named(_name(holder, membership), _identifier(holder), holder.kind.value, called)


def ways_of(members: Sequence[Member], membership: Membership) -> list[Named]:
    """Each of them: two cards of one person are two."""
    return [way_in(one.body.holder, membership) for one in members]


def _identifier(holder: Holder) -> str:
    return f"{holder.id_type} {holder.id_value}".strip()


def _name(holder: Holder, membership: Membership) -> str:
    """Of a card, what its certificate says. Of anything else, what the same person's card says, or the mailbox's binding."""
    if holder.kind not in _NAMED_BY_OTHERS:
        return holder.name
    owner = membership.binding.identity
    names = {(owner.id_type, owner.id_value): owner.name}
    cards = [one.body.holder for one in membership.members if one.body.holder.kind is HolderKind.CARD]
    names |= {(card.id_type, card.id_value): card.name for card in cards if card.id_value}
    return names.get((holder.id_type, holder.id_value), "")
