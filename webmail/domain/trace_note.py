"""What a checkpoint of a trace says, as text: origin, size and head as in C2SP tlog-checkpoint, then lines of our own.

pli.example/trace/ACCOUNT
1234
BASE64 of the digest of line 1233
day 2026-11-21
cut                              -- only where lines before it were removed by the retention rule
kept 17 BASE64                   -- and then for each line that stays: its number and the SHA-256 of it alone
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings


class NoteMalformed(ValueError):
    """Not a note."""


@dataclass(frozen=True)
class TraceNote:
    """`size` lines stood at the end of `day` (UTC), the last with the digest `head`; `kept` is None unless lines were cut."""

    account_id: str
    day: date
    size: int
    head: bytes
    kept: Mapping[int, bytes] | None = field(default=None, hash=False)

    def to_text(self) -> bytes:
        """The signed octets."""
        lines = [_origin(self.account_id), str(self.size), _text(self.head), f"day {self.day.isoformat()}"]
        if self.kept is not None:
            lines += ["cut", *(f"kept {seq} {_text(digest)}" for seq, digest in sorted(self.kept.items()))]
        return "".join(f"{line}\n" for line in lines).encode()

    @classmethod
    def from_text(cls, octets: bytes) -> "TraceNote":
        """Read what `to_text` wrote. Raises NoteMalformed."""
        try:
            origin, size, head, day, *more = octets.decode("ascii").removesuffix("\n").split("\n")
            note = cls(
                origin.rpartition("/")[2],
                date.fromisoformat(day.removeprefix("day ")),
                int(size),
                b64decode(head),
                _kept(more),
            )
        except (ValueError, UnicodeDecodeError) as error:
            raise NoteMalformed from error
        if note.to_text() != octets:
            raise NoteMalformed
        return note


def _origin(account_id: str) -> str:
    return f"{settings.PLI_DOMAINS[0]}/trace/{account_id}"


def _kept(lines: list[str]) -> dict[int, bytes] | None:
    if not lines:
        return None
    first, *rest = lines
    if first != "cut":
        raise ValueError
    split = [line.removeprefix("kept ").split(" ") for line in rest]
    return {int(seq): b64decode(digest) for seq, digest in split}


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()
