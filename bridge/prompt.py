"""Asking a person, outside the browser: a PIN or a consent. The page never sees either (PIN rules 1-10).

A prompt says who asks, which reader and card, for what, and how many tries are left. Texts in French and English.
"""

import getpass
import locale
import os
import sys
import threading
from dataclasses import dataclass
from typing import Protocol

from bridge.protocol import RpcError


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


_TEXTS: dict[str, dict[str, str]] = {
    "fr": {
        "login": "Se connecter",
        "open": "Ouvrir la messagerie {address}",
        "create": "Ouvrir un compte et signer ses clés pour {address}",
        "create-consent": "Ouvrir le compte {address} et signer ses clés avec votre carte ?",
        "sign": "Signer {messages}\n{list}",
        "sign-consent": ("Signer {messages} ?\n{list}\nCet accord vaut pour {signatures} pendant {minutes} min."),
        "certificate-consent": "Transmettre à ce site votre certificat (nom et numéro RPPS) ?",
        "colon": "\u00a0: ",  # French typography: a space that does not break
        "origin": "Demandé par",
        "reader": "Lecteur",
        "card": "Carte",
        "tries": "Essais restants",
        "unknown": "inconnu",
        "prompt": "Code PIN",
        "ok": "Valider",
        "agree": "Accepter",
        "cancel": "Annuler",
        "to": "À",
        "subject": "Objet",
        "title": "Pli",
    },
    "en": {
        "login": "Log in",
        "open": "Open the mailbox {address}",
        "create": "Open an account and sign its keys for {address}",
        "create-consent": "Open the account {address} and sign its keys with your card?",
        "sign": "Sign {messages}\n{list}",
        "sign-consent": ("Sign {messages}?\n{list}\nThis consent covers {signatures} for {minutes} min."),
        "certificate-consent": "Give this site your certificate (name and RPPS number)?",
        "colon": ": ",
        "origin": "Asked by",
        "reader": "Reader",
        "card": "Card",
        "tries": "Tries left",
        "unknown": "unknown",
        "prompt": "PIN",
        "ok": "OK",
        "agree": "Agree",
        "cancel": "Cancel",
        "to": "To",
        "subject": "Subject",
        "title": "Pli",
    },
}


class Wording:
    """The words of one language: `fr`, `en`, or that of the session for an empty name."""

    def __init__(self, language: str = "") -> None:
        wished = language or os.environ.get("LANG", "") or (locale.getlocale()[0] or "")
        self.language = "en" if wished.lower().startswith(("en", "c.", "posix")) else "fr"
        self._texts = _TEXTS[self.language]

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def purpose(self, purpose: Purpose) -> str:
        lines = [self._fact("to", to) + "\n" + self._fact("subject", subject) for to, subject in purpose.letters]
        more = [f"… + {purpose.unlisted}"] if purpose.unlisted else []
        values = dict(purpose.values)
        counted = {"messages": _counted(values.get("count"), "message")}
        counted["signatures"] = _counted(values.get("covers"), "signature")
        return self._texts[purpose.kind].format(**values, **counted, list="\n".join([*lines, *more]))

    def _fact(self, name: str, value: str) -> str:
        return f"{self[name]}{self['colon']}{value}"

    def pin(self, request: PinRequest) -> str:
        """The description above a PIN field."""
        tries = self["unknown"] if request.tries is None else str(request.tries)
        card = f"{request.label} ({request.serial})"
        facts = {"origin": request.origin, "reader": request.reader, "card": card, "tries": tries}
        return "\n".join([self.purpose(request.purpose), *(self._fact(name, value) for name, value in facts.items())])

    def consent(self, request: ConsentRequest) -> str:
        card = [self._fact("card", f"{request.label} ({request.serial})")] if request.label else []
        return "\n".join([self.purpose(request.purpose), self._fact("origin", request.origin), *card])


def _counted(count: str | None, noun: str) -> str:
    """One message, three messages: both nouns take an s in either language."""
    return "" if count is None else f"{count} {noun}" + ("" if count == "1" else "s")


class TerminalPrompter:
    """The last resort: the terminal the bridge was started from."""

    def __init__(self, wording: Wording) -> None:
        self._words = wording

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> str:  # noqa: ARG002 (a terminal cannot be left)
        sys.stderr.write(self._words.pin(request) + "\n")
        try:
            return getpass.getpass(f"{self._words['prompt']}: ") or _cancel()
        except (EOFError, KeyboardInterrupt):
            return _cancel()

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:  # noqa: ARG002
        sys.stderr.write(self._words.consent(request) + " [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes", "o", "oui"}:
            _cancel()


def _cancel() -> str:
    raise RpcError("USER_CANCELLED")
