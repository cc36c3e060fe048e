"""What an exhibit is: a message, and what a reader must show of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from webmail.management.demo.museum.materials import Materials

Maker = Callable[[Materials, str], bytes]


class Room(StrEnum):
    """The parts of the museum, named as a visitor reads them."""

    DIALECT = "dialecte"
    SIGNATURE = "signature"
    HEADERS = "en-têtes"
    OLD = "ancien"
    FORGERY = "contrefaçon"
    HTML = "HTML"


@dataclass(frozen=True)
class Expected:
    """What a reader must show. `text` is a part of the text, `reason` the code beside the state where it matters.

    `notices` are all codes and no others; a `quarantined` message shows nothing of its content. `html` says whether an
    HTML body may be shown; `files` are the names of the attachments, `copy` that the message is named as a copy.
    """

    state: str
    encrypted: bool = False
    notices: frozenset[str] = frozenset()
    quarantined: str | None = None
    text: str | None = None
    reason: str | None = None
    html: bool = False
    files: tuple[str, ...] = ()
    copy: bool = False

    def but(self, **changes: Any) -> "Expected":
        """The same with some members changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Exhibit:
    """One row of the museum. `after` names the exhibit that must have been opened before.

    With `permission`, what a person says so that it opens after all (docs: `openMessage` of mail/open.js), it shows `granted`.
    """

    key: str
    room: Room
    title: str
    maker: Maker
    expected: Expected
    after: str = ""
    permission: Mapping[str, Any] = field(default_factory=dict)
    granted: Expected | None = None

    @property
    def label(self) -> str:
        """The expected state as the subject says it."""
        return "non affiché" if self.expected.quarantined else self.expected.state

    @property
    def subject(self) -> str:
        return f"[{self.label}] {self.title}"

    def make(self, materials: Materials) -> bytes:
        """The message, RFC 5322."""
        return self.maker(materials, self.subject)
