"""What a client hands in for one act, and what is known of it once it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.cms.grants import Grant
from bridge.cms.log import VerifiedEntry
from bridge.cms.membership import Membership


@dataclass(frozen=True)
class Settings:
    """What this server alone keeps of a member: his profile, the folders he sees (none named: all)."""

    profile: str = "member"
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """A share that its holder sealed to a recovery request."""

    request_id: str
    release: bytes = field(repr=False)


@dataclass(frozen=True)
class NewAct:
    """Everything that one signature makes true, DER. `settings` are by grant body hash; `shares` in the order of the policy's
    holders; `login_key` is the point of a recovery code's login key.
    """

    entry: bytes = field(repr=False)
    grants: Sequence[bytes] = field(default=(), repr=False)
    bindings: Sequence[bytes] = field(default=(), repr=False)
    history: bytes = field(default=b"", repr=False)
    policy: bytes = field(default=b"", repr=False)
    shares: Sequence[bytes] = field(default=(), repr=False)
    login_key: bytes = b""
    release: Release | None = None
    settings: Mapping[bytes, Settings] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedAct:
    """An act that stands, with the membership before and after it."""

    act: NewAct
    entry: VerifiedEntry
    grants: tuple[Grant, ...]
    before: Membership
    after: Membership

    @property
    def new_grants(self) -> tuple[Grant, ...]:
        """Those that give something new; a rotation also repeats what its members have."""
        seq = self.entry.entry.seq
        return tuple(grant for grant in self.grants if self.after.member(grant.body_hash).seq == seq)
