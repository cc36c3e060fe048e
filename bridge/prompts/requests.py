"""What a person is asked, and who asks: the interface every prompt implements."""

import threading
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Purpose:
    """Why a person is asked: a key of the texts below, what fills it, and recipients and subject of messages."""

    kind: str
    values: tuple[tuple[str, str], ...] = ()
    letters: tuple[tuple[str, str], ...] = ()
    unlisted: int = 0


@dataclass(frozen=True)
class PinRequest:
    origin: str
    reader: str
    label: str
    serial: str
    purpose: Purpose
    tries: int | None


@dataclass(frozen=True)
class ConsentRequest:
    origin: str
    label: str
    serial: str
    purpose: Purpose


class Prompter(Protocol):
    """Both methods wait for the person; they raise RpcError USER_CANCELLED or PIN_TIMEOUT, also when `cancelled` is set."""

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> str:
        """The PIN as typed. The caller uses it once and forgets it."""

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        """Return when the person agrees."""
