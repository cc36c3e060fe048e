"""How far a right reaches inside a mailbox: into which folders, and from which epoch on.

Folders and dates are rules of this server; the epoch is also mathematics, since older keys were never given.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from webmail.models import Folder, Membership, MessageFolder, PreparedLetter, SealedObject

WHOLE_EPOCH = 1
# One pack holds rows of every folder, and the kept CEKs open what stands in them.
_OF_ALL_FOLDERS = frozenset({SealedObject.Class.PACK.value, SealedObject.Class.CEK.value})


_WITH_CONTENT = _OF_ALL_FOLDERS | {SealedObject.Class.DRAFT.value}


@dataclass(frozen=True)
class Reach:
    """What one grant gives: `folders` None stands for all of them."""

    folders: frozenset[str] | None
    from_epoch: int


@dataclass(frozen=True)
class Scope:
    """What all grants in force together give. No reach at all reaches nothing.

    `confidential`: what only owners hold the key of is within reach too; `none_confidential`: the mailbox is known to hold no
    such message, so that nothing needs to be left out.
    """

    reaches: tuple[Reach, ...]
    packs: bool = True  # not where only so many messages may be opened
    confidential: bool = False
    none_confidential: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is out of reach."""
        return self.packs and self.confidential and self.reaches_all_messages

    @property
    def reaches_all_messages(self) -> bool:
        """Whether no message is out of reach."""
        return not self._leaves_out and self._reaches_everywhere

    @property
    def _leaves_out(self) -> bool:
        return not (self.confidential or self.none_confidential)

    @property
    def _reaches_everywhere(self) -> bool:
        return any(reach.folders is None and reach.from_epoch <= WHOLE_EPOCH for reach in self.reaches)

    @property
    def from_epoch(self) -> int:
        """The oldest epoch within reach in any folder."""
        return min((reach.from_epoch for reach in self.reaches), default=2**31 - 1)

    @property
    def all_folders(self) -> bool:
        """Whether some grant names no folder."""
        return any(reach.folders is None for reach in self.reaches)

    def holds_folder(self, folder_id: str) -> bool:
        """Whether anything in this folder can be within reach."""
        return any(reach.folders is None or folder_id in reach.folders for reach in self.reaches)

    def holds_whole_folder(self, folder_id: str) -> bool:
        """Whether everything in this folder is within reach."""
        return not self._leaves_out and any(
            reach.from_epoch <= WHOLE_EPOCH and (reach.folders is None or folder_id in reach.folders)
            for reach in self.reaches
        )

    def may_hold(self, object_class: str) -> bool:
        """Whether objects of this class may be his: those that cover all folders need all folders, the confidential an owner."""
        if object_class == SealedObject.Class.CONFIDENTIAL:
            return self.confidential
        return self.all_folders or object_class not in _OF_ALL_FOLDERS

    def messages(self, account_id: str) -> Q:
        """The condition on rows of Message."""
        open_to_all = Q(confidential=False) if self._leaves_out else Q()
        if self._reaches_everywhere:
            return open_to_all
        condition = Q(pk__in=[])
        for reach in self.reaches:
            condition |= _within(account_id, reach)
        return condition & open_to_all

    def objects(self, account_id: str) -> Q:
        """The condition on rows of SealedObject. A draft belongs to the folder of drafts, or to the signature book."""
        if self.is_whole:
            return Q()
        condition = Q(epoch__gte=self.from_epoch)
        if not self.confidential:
            condition &= ~Q(object_class=SealedObject.Class.CONFIDENTIAL)
        if not self.packs:
            condition &= ~Q(object_class__in=_WITH_CONTENT)
        if self.all_folders:
            return condition
        drafts = Folder.objects.filter(account_id=account_id, role=Folder.Role.DRAFTS).values_list("id", flat=True)
        if not any(map(self.holds_folder, drafts)):
            prepared = PreparedLetter.objects.filter(account_id=account_id, object_id=OuterRef("id"))
            condition &= ~Q(object_class=SealedObject.Class.DRAFT) | Q(Exists(prepared))
        return condition & ~Q(object_class__in=_OF_ALL_FOLDERS)


NOWHERE = Scope(())
EVERYWHERE = Scope((Reach(None, WHOLE_EPOCH),), confidential=True)
EVERY_MESSAGE = Scope(EVERYWHERE.reaches)
NO_PACKS = Scope(EVERYWHERE.reaches, packs=False)


def scope_of(memberships: Iterable[Membership]) -> Scope:
    """What these memberships reach together."""
    rows = list(memberships)
    return Scope(
        tuple(Reach(frozenset(row.folders) if row.folders else None, row.history_from_epoch) for row in rows),
        confidential=any(row.role == Membership.Role.OWNER for row in rows),
    )


def _within(account_id: str, reach: Reach) -> Q:
    condition = Q(epoch__gte=reach.from_epoch) if reach.from_epoch > WHOLE_EPOCH else Q()
    if reach.folders is None:
        return condition
    placed = MessageFolder.objects.filter(account_id=account_id, message_id=OuterRef("id"), folder_id__in=reach.folders)
    return condition & Q(Exists(placed))
