"""The table of memberships follows the log: a cache of what its replay says, with the rules that this server adds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from bridge.cms.grants import HolderKind
from bridge.cms.membership import Member, Membership, State
from webmail.domain import grant_holders, log_people, tenant_rules
from webmail.domain.act import Settings
from webmail.models import Grant
from webmail.models import Membership as Row


@dataclass(frozen=True)
class Changed:
    """Person ids who came in and who are out, after an act."""

    added: tuple[str, ...]
    ended: tuple[str, ...]


def follow(account_id: str, membership: Membership, settings: Mapping[bytes, Settings]) -> Changed:
    """Bring the rows of a mailbox to what its log says now."""
    rows = {row.id: row for row in Row.objects.filter(account_id=account_id)}
    before, standing = _people(rows.values()), [row for row in rows.values() if row.state != Row.State.ENDED]
    for member in membership.members:
        row = rows.get(member.digest.hex())
        if row is not None:
            _update(row, member)
        elif member.state is not State.ENDED:
            made = _new(account_id, membership, member, settings, standing)
            if made is not None:
                rows[made.id] = made
    after = _people(rows.values())
    return Changed(tuple(sorted(after - before)), tuple(sorted(before - after)))


def shown(account_id: str) -> list[Row]:
    """What managers look at: what stands or waits, and of each person who has none of these the last that ended."""
    rows = list(Row.objects.filter(account_id=account_id).order_by("not_before", "id"))
    living = [row for row in rows if row.state != Row.State.ENDED]
    present = {row.person_id for row in living}
    ended = {row.person_id: row for row in sorted(rows, key=_ended_at) if row.person_id not in present}
    return [*living, *ended.values()]


def blocked(account_id: str) -> dict[str, datetime]:
    """Since when what opens by these bodies opens nothing: blocked as lost, a card past its end or revoked, or a passkey where the
    card is required now; the log learns of it by the next rotation, which no card that is over holds up.
    """
    grants = Grant.objects.filter(account_id=account_id)
    found = grant_holders.ended_cards(account_id)
    found |= {row.body_id: row.revoked_at for row in grants if row.revoked_at is not None}
    if tenant_rules.closed_to_passkeys(account_id):
        passkeys = grants.filter(holder_kind=HolderKind.PASSKEY.value, revoked_at=None)
        found |= dict.fromkeys(passkeys.values_list("body_id", flat=True), timezone.now())
    return found


def people_of(account_id: str, ids: Sequence[str]) -> list[str]:
    """The person ids of these rows."""
    return list(Row.objects.filter(account_id=account_id, id__in=ids).values_list("person_id", flat=True))


def _ended_at(row: Row) -> datetime:
    return row.revoked_at or row.not_before


def _people(rows: Iterable[Row]) -> set[str]:
    return {row.person_id for row in rows if row.state != Row.State.ENDED}


def _update(row: Row, member: Member) -> None:
    if row.state == member.state.value:
        return
    row.state = member.state.value
    row.revoked_at = timezone.now() if member.state is State.ENDED else None
    row.save(update_fields=["state", "revoked_at"])


def _new(
    account_id: str, membership: Membership, member: Member, settings: Mapping[bytes, Settings], rows: list[Row]
) -> Row | None:
    """A row for a body of a person; what is shared out among officers is nobody's. `rows` are those that stood until this act."""
    person_id = log_people.find_or_make(member.person, membership, member.body)
    if not person_id:
        return None
    body, former = member.body, _former(rows, member, person_id)
    wanted = settings.get(member.digest) or _settings(former)
    return Row.objects.create(
        account_id=account_id,
        id=member.digest.hex(),
        person_id=person_id,
        role=body.role.value,
        profile=wanted.profile,
        folders=list(wanted.folders),
        history_from_epoch=body.history_from_epoch,
        not_before=body.not_before,
        not_after=body.not_after,
        state=member.state.value,
        last_seen_at=former.last_seen_at if former else None,
    )


def _former(rows: list[Row], member: Member, person_id: str) -> Row | None:
    """The row that this body carries on: after a rotation or with a new card, a member keeps profile and folders."""
    body = member.body
    right = (person_id, body.role.value, body.not_after)
    own = [row for row in rows if (row.person_id, row.role, row.not_after) == right]
    return max(own, key=lambda row: (row.not_before == body.not_before, row.history_from_epoch), default=None)


def _settings(former: Row | None) -> Settings:
    return Settings(former.profile, tuple(former.folders)) if former else Settings()
