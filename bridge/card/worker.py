"""The process around one card module: `python -m bridge.card.worker pkcs11 LIBRARY | software DIRECTORY`.

One thread and one call at a time (python-pkcs11 initialises modules without locking). For a PKCS#11 module nothing here
imports `cryptography`: two OpenSSL users in one process with a vendor's library are a known source of crashes.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from bridge.card.card import CardModule
from bridge.card.errors import CardError
from bridge.channel import serve


def _load(kind: str, argument: str) -> CardModule:
    if kind == "software":
        from bridge.card.software import SoftwareCards

        return SoftwareCards(Path(argument))
    from bridge.card.pkcs11 import Pkcs11Module

    return Pkcs11Module(argument)


class Worker:
    """The calls a listener may make, as plain values. The module is loaded by the first of them."""

    def __init__(self, kind: str, argument: str) -> None:
        self._source = (kind, argument)
        self._module: CardModule | None = None

    @property
    def module(self) -> CardModule:
        if self._module is None:
            self._module = _load(*self._source)
        return self._module

    def cards(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(report) for report in self.module.cards()]

    def login(self, serial: str, pin: bytes | None) -> list[dict[str, Any]]:
        return [dataclasses.asdict(report) for report in self.module.login(serial, _text(pin))]

    def logout(self, serial: str) -> None:
        self.module.logout(serial)

    def perform(self, pin: bytes | None, **operation: Any) -> bytes:
        return self.module.perform(**operation, pin=_text(pin))


def _text(pin: bytes | None) -> str | None:
    return None if pin is None else pin.decode()


def main() -> None:
    worker = Worker(*sys.argv[1:3])
    names = ("cards", "login", "logout", "perform")
    serve({name: getattr(worker, name) for name in names}, (CardError,))


if __name__ == "__main__":
    main()
