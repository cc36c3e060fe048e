"""What a person is asked, and who asks: the interface every prompt implements."""

import threading
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, Protocol

from bridge.prompts.pin import Pin

LINK = "link"
"""Stands for an origin where a link made the question: whoever showed it, it was no word of the person's own."""


@dataclass(frozen=True)
class Terms:
    """What somebody is given: a role, from when to when (`until` None is without end), and how far back he could read.

    `history`: `all` earlier mail, only mail from `now` on, or mail `since` a date.
    """

    role: str
    since: date
    until: date | None
    history: Literal["all", "now", "since"]
    history_date: date | None = None


@dataclass(frozen=True)
class Letter:
    """A message to sign, as its own bytes say: addresses it goes to, subject, and names of what it carries."""

    to: tuple[str, ...]
    subject: str
    attachments: tuple[str, ...] = ()


class Named(NamedTuple):
    """Somebody in a prompt, and where a way in is meant, which: `card`, `passkey`, `recovery`, `officer` or `service`.

    `called` is what a page calls a passkey. It proves nothing, and is cut short.
    """

    name: str
    identifier: str
    means: str = ""
    called: str = ""


@dataclass(frozen=True)
class Purpose:
    """Why a person is asked: a key of the texts, what fills it, the messages, or people and their terms.

    `people` are all shown. So are the letters of a consent to a list (`Wording.consents`).
    """

    kind: str
    values: tuple[tuple[str, str], ...] = ()
    letters: tuple[Letter, ...] = ()
    people: tuple[Named, ...] = ()
    terms: Terms | None = None


@dataclass(frozen=True)
class PinRequest:
    """A PIN of one card. `origin` is empty where the person asks, at this computer; `error` is a key of the texts."""

    origin: str
    reader: str
    label: str
    serial: str
    purpose: Purpose
    tries: int | None
    error: str = ""
    prompt: str = ""  # the key of what stands before a field that takes no PIN


@dataclass(frozen=True)
class ConsentRequest:
    """Who asks, on which card (empty where none is used), and for what."""

    origin: str
    label: str
    serial: str
    purpose: Purpose


class Prompter(Protocol):
    """Every question waits for the person; it raises RpcError USER_CANCELLED or PIN_TIMEOUT, also when `cancelled` is set."""

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        """The PIN as typed. The caller uses it once and wipes it."""

    def ask_new_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        """A PIN typed twice alike."""

    def show_pinpad(self, request: PinRequest, over: threading.Event) -> None:
        """Say what the reader's own pad asks for, until `over`. Returns early where the person closes it."""

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        """Return when the person agrees."""
