"""The words of a prompt in one language: who asks, which reader and card, for what, and how many tries are left."""

import locale
import os

from bridge.prompts.requests import ConsentRequest, PinRequest, Purpose
from bridge.prompts.texts import TEXTS


class Wording:
    """The words of one language: `fr`, `en`, or that of the session for an empty name."""

    def __init__(self, language: str = "") -> None:
        wished = language or os.environ.get("LANG", "") or (locale.getlocale()[0] or "")
        self.language = "en" if wished.lower().startswith(("en", "c.", "posix")) else "fr"
        self._texts = TEXTS[self.language]

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def purpose(self, purpose: Purpose) -> str:
        lines = [self._fact("to", to) + "\n" + self._fact("subject", subject) for to, subject in purpose.letters]
        more = [f"… + {purpose.unlisted}"] if purpose.unlisted else []
        values = dict(purpose.values)
        counted = {"messages": _counted(values.get("count"), "message")}
        counted["signatures"] = _counted(values.get("covers"), "signature")
        return self._texts[purpose.kind].format(
            **values, **counted, list="\n".join([*lines, *more]), unblocking=self["unblocking"]
        )

    def _fact(self, name: str, value: str) -> str:
        return f"{self[name]}{self['colon']}{value}"

    def pin(self, request: PinRequest) -> str:
        """The description above a PIN field."""
        tries = self["unknown"] if request.tries is None else str(request.tries)
        card = f"{request.label} ({request.serial})"
        facts = {"origin": request.origin or self["here"], "reader": request.reader, "card": card, "tries": tries}
        return "\n".join([self.purpose(request.purpose), *(self._fact(name, value) for name, value in facts.items())])

    def consent(self, request: ConsentRequest) -> str:
        card = [self._fact("card", f"{request.label} ({request.serial})")] if request.label else []
        return "\n".join([self.purpose(request.purpose), self._fact("origin", request.origin or self["here"]), *card])


def _counted(count: str | None, noun: str) -> str:
    """One message, three messages: both nouns take an s in either language."""
    return "" if count is None else f"{count} {noun}" + ("" if count == "1" else "s")
