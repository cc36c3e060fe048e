"""Which messages a line `could-read` of the trace stands for: sets kept once, named by their content."""

import hashlib
from collections.abc import Sequence

from webmail.models import MessageSet

_LENGTH = 16


def keep(account_id: str, message_ids: Sequence[str]) -> str:
    """The set's name: the hex SHA-256 of its sorted ids. The same set is stored once."""
    ids = b"".join(sorted(bytes.fromhex(one) for one in set(message_ids)))
    name = hashlib.sha256(ids).hexdigest()
    MessageSet.objects.get_or_create(account_id=account_id, id=name, defaults={"ids": ids})
    return name


def holding(account_id: str, message_id: str) -> list[str]:
    """The names of the sets that have this message."""
    wanted = bytes.fromhex(message_id)
    rows = MessageSet.objects.filter(account_id=account_id).values_list("id", "ids")
    return [name for name, ids in rows.iterator() if wanted in _split(bytes(ids))]


def members(account_id: str, name: str) -> list[str] | None:
    """The message ids of a set, ascending; None where it is gone or is not what its name says."""
    row = MessageSet.objects.filter(account_id=account_id, id=name).first()
    if row is None or hashlib.sha256(bytes(row.ids)).hexdigest() != name:
        return None
    return [one.hex() for one in sorted(_split(bytes(row.ids)))]


def _split(ids: bytes) -> set[bytes]:
    return {ids[start : start + _LENGTH] for start in range(0, len(ids), _LENGTH)}
