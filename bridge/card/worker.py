"""The process around one card module: `python -m bridge.card.worker pkcs11 LIBRARY | software DIRECTORY`.

One thread and one call at a time (python-pkcs11 initialises modules without locking). For a PKCS#11 module nothing here
imports `cryptography`: two OpenSSL users in one process with a vendor's library are a known source of crashes.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from bridge.card.card import CardModule
from bridge.card.discovery import cannot_load
from bridge.card.errors import CardError, ModuleMissing
from bridge.channel import serve
from bridge.errors import PolicyRefused
from bridge.ownership import refuse_untrusted


def _load(kind: str, argument: str) -> CardModule:
    if kind == "software":
        from bridge.card.software import SoftwareCards

        return SoftwareCards(Path(argument))
    _refuse_untrusted(argument)
    from bridge.card.pkcs11 import Pkcs11Module

    return Pkcs11Module(argument)


def _refuse_untrusted(library: str) -> None:
    """Each time it is loaded: it may have been installed, or exchanged, since the bridge read its policy. Raises ModuleMissing."""
    try:
        refuse_untrusted(Path(library))
    except PolicyRefused as error:
        raise ModuleMissing(str(error), help=cannot_load(library)) from None


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

    def cards(self, pulled: list[str]) -> dict[str, Any]:
        reports = [dataclasses.asdict(report) for report in self.module.cards(pulled)]
        return {"cards": reports, "in_readers": self.module.in_readers, "version": self.module.version}

    def rest(self) -> bool:
        return self.module.rest()

    def recount(self, serial: str) -> None:
        self.module.recount(serial)

    def login(self, serial: str, pin: bytes | None) -> None:
        self.module.login(serial, pin)

    def keys(self, serial: str) -> list[dict[str, Any]]:
        return [dataclasses.asdict(report) for report in self.module.keys(serial)]

    def logout(self, serial: str) -> None:
        self.module.logout(serial)

    def change_pin(self, serial: str, old: bytes | None, new: bytes | None) -> None:
        self.module.change_pin(serial, old, new)

    def perform(self, **operation: Any) -> bytes:
        return self.module.perform(**operation)


def main() -> None:
    worker = Worker(*sys.argv[1:3])
    names = ("cards", "rest", "recount", "login", "keys", "logout", "change_pin", "perform")
    serve({name: getattr(worker, name) for name in names}, (CardError,))


if __name__ == "__main__":
    main()
