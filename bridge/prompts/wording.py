"""The words of a prompt in one language: who asks, which reader and card, for what, and how many tries are left.

What a site, a card or a reader calls itself stands in one line each, and is cut before it pushes anything out of the prompt:
pinentry takes 1,000 octets in a line ("The Assuan protocol"), CredUI 1,023 characters.
"""

import locale
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate

from bridge.prompts.requests import LINK, ConsentRequest, Letter, Named, PinRequest, Purpose, Terms
from bridge.prompts.texts import TEXTS

MOST_OCTETS = 900  # what is left of a line beside the command, and beside what a PIN pad needs said
_VALUE_OCTETS = 280  # a long address or origin
_NAME_OCTETS = 64  # of a card, a reader, a serial number: PKCS#11 has 64 at most
_FACT_OCTETS = 150
_LEAST_OCTETS = 40
_LABEL_OCTETS = 26  # "Attachments (10): " and the end of the line
_IDENTIFIER_OCTETS = 32
_CALLED_OCTETS = 30
_QUOTES = frozenset('"“”„‟«»‹›‘’‚‛′″')
_REST_OCTETS = 16
LIST = "sign-list"
"""The purpose that names every message of a list: a consent to it covers these and no others."""
_ASKERS = {"": "here", LINK: "link"}


class Wording:
    """The words of one language: `fr`, `en`, or that of the session for an empty name."""

    def __init__(self, language: str = "") -> None:
        wished = language or _of_the_session()
        self.language = "en" if wished.lower().startswith(("en", "c.", "posix")) or wished == "C" else "fr"
        self._texts = TEXTS[self.language]

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def purpose(self, purpose: Purpose, room: int = MOST_OCTETS) -> str:
        """For what; as many of its letters as fit into so many octets, and the number of the others."""
        values = {name: one_line(value) for name, value in purpose.values}
        values |= {name: self.day(date.fromisoformat(values[name])) for name in ("day", "last") if name in values}
        if "messages" in values:
            values["limits"] = self["limits" if values["messages"] == "0" else "limits-messages"].format(**values)
        counted = {"messages": _counted(values.get("count"), "message")}
        counted["signatures"] = _counted(values.get("covers"), "signature")
        terms = self._terms(purpose.terms) if purpose.terms else ""
        filled = {**values, **counted, "unblocking": self["unblocking"], "terms": terms}
        text = self._texts[purpose.kind]
        room -= _octets(text.format(**filled, list=""))
        lines = self._people(purpose.people, room) if purpose.people else self._letters(purpose, room)
        return text.format(**filled, list="\n".join(lines))

    def _people(self, people: Sequence[Named], room: int) -> Iterator[str]:
        """Every one of them, if shortened: whoever is not named is given nothing."""
        for one in people:
            words = self[f"way-{one.means}"] if one.means else "{person}"
            called = _in_quotes(one.called)
            each = (
                room // len(people)
                - _IDENTIFIER_OCTETS
                - _REST_OCTETS
                - _octets(words.format(person="", called=called))
            )
            name = one_line(one.name, min(max(_LEAST_OCTETS, each), _NAME_OCTETS))
            person = ", ".join(filter(None, (name, one_line(one.identifier, _IDENTIFIER_OCTETS))))
            yield "• " + words.format(person=person, called=called)

    def _terms(self, terms: Terms) -> str:
        dates = "dates" if terms.until is None else "dates-until"
        days = {"since": self.day(terms.since), "until": self.day(terms.until) if terms.until else ""}
        history = self[f"history-{terms.history}"].format(
            date=self.day(terms.history_date) if terms.history_date else ""
        )
        return self["terms"].format(role=self[f"role-{terms.role}"], dates=self[dates].format(**days), history=history)

    def day(self, day: date) -> str:
        """A date in words, as a person reads it."""
        return f"{day.day} {self['months'].split()[day.month - 1]} {day.year}"

    def _letters(self, purpose: Purpose, room: int) -> Iterator[str]:
        """The first is always there, if shortened: a consent without it would be blind."""
        room -= _REST_OCTETS
        for position, letter in enumerate(purpose.letters):
            lines = self._letter(letter, room)
            if position and _octets(lines) + 1 > room:
                yield _rest(len(purpose.letters) - position)
                return
            room -= _octets(lines) + 3  # the end of its last line, as Assuan writes it
            yield lines

    def _letter(self, letter: Letter, room: int) -> str:
        facts = 3 if letter.attachments else 2
        each = max(_LEAST_OCTETS, min(_FACT_OCTETS, (room - facts * _LABEL_OCTETS) // facts))
        lines = [self._listed("to", letter.to, each), self._fact("subject", letter.subject, each)]
        return "\n".join(
            [*lines, *([self._listed("attachments", letter.attachments, each)] if letter.attachments else [])]
        )

    def _listed(self, name: str, values: Sequence[str], octets: int) -> str:
        """How many there are, where there are several, and as many as fit: the first, if shortened, and the number of the others."""
        first, *others = values or ("",)
        if not others:
            return self._fact(name, first, octets)
        shown = one_line(first, octets - _REST_OCTETS)
        for position, value in enumerate(others, 1):
            longer = f"{shown}, {one_line(value, octets)}"
            if _octets(longer) > octets - _REST_OCTETS:
                shown = f"{shown} {_rest(len(values) - position)}"
                break
            shown = longer
        return f"{self[name]} ({len(values)}){self['colon']}{shown}"

    def _fact(self, name: str, value: str, octets: int = _VALUE_OCTETS) -> str:
        return f"{self[name]}{self['colon']}{one_line(value, octets)}"

    def pin(self, request: PinRequest) -> str:
        """The description above a PIN field."""
        tries = self["unknown"] if request.tries is None else str(request.tries)
        reader, card = one_line(request.reader, _NAME_OCTETS), _card(request.label, request.serial)
        facts = {"origin": self._asker(request.origin), "reader": reader, "card": card, "tries": tries}
        told = facts if request.label else {"origin": facts["origin"]}
        return self._with_facts(request.purpose, [self._fact(name, value) for name, value in told.items()])

    def consents(self, request: ConsentRequest) -> Sequence[str]:
        """The prompt, or as many as it takes to show every letter of a list that is signed in one go."""
        purpose = request.purpose
        if purpose.kind != LIST:
            return [self.consent(request)]
        room = MOST_OCTETS - _octets(self.consent(replace(request, purpose=_part(purpose, (), 50, 50))))
        groups = list(self._groups(purpose.letters, room))
        parts = [_part(purpose, group, number, len(groups)) for number, group in enumerate(groups, 1)]
        return [self.consent(replace(request, purpose=part)) for part in parts]

    def _groups(self, letters: Sequence[Letter], room: int) -> Iterator[tuple[Letter, ...]]:
        """As `_letters` takes them: each group is shown whole."""
        group: list[Letter] = []
        left = room = room - _REST_OCTETS
        for letter in letters:
            size = _octets(self._letter(letter, room)) + 3
            if group and size > left:
                yield tuple(group)
                group, left = [], room
            group.append(letter)
            left -= size
        yield tuple(group)

    def consent(self, request: ConsentRequest) -> str:
        card = [self._fact("card", _card(request.label, request.serial))] if request.label else []
        return self._with_facts(request.purpose, [self._fact("origin", self._asker(request.origin)), *card])

    def _with_facts(self, purpose: Purpose, facts: Sequence[str]) -> str:
        return "\n".join([self.purpose(purpose, MOST_OCTETS - _octets("\n".join(["", *facts]))), *facts])

    def _asker(self, origin: str) -> str:
        return self[_ASKERS[origin]] if origin in _ASKERS else origin


def _of_the_session() -> str:
    """POSIX 8.2: the first that is set; where the system has no such variables, what it says itself."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, named), "") or locale.getlocale()[0] or ""


def one_line(text: str, octets: int = _VALUE_OCTETS) -> str:
    """What somebody else wrote, for one line of a prompt: it adds no line, turns no writing direction, hides no letter."""
    plain = "".join(character if character.isprintable() else " " for character in text[: octets + 1])
    if _octets(plain) <= octets:
        return plain
    ends = accumulate(map(_octets, plain))
    return plain[: sum(end <= octets - _octets("…") for end in ends)] + "…"


def _in_quotes(called: str) -> str:
    """What a page chose, between quotation marks that it cannot close."""
    return one_line("".join("'" if sign in _QUOTES else sign for sign in called), _CALLED_OCTETS)


def _part(purpose: Purpose, letters: tuple[Letter, ...], number: int, parts: int) -> Purpose:
    """One prompt of several for the same list."""
    pages = (("part", str(number)), ("parts", str(parts)))
    return replace(purpose, letters=letters, values=(*purpose.values, *pages))


def _octets(text: str) -> int:
    """On an Assuan line, where the percent sign and the line's end take three."""
    return len(text.encode("utf-8", "replace")) + 2 * sum(text.count(sign) for sign in "%\n")


def _card(label: str, serial: str) -> str:
    return f"{one_line(label, _NAME_OCTETS)} ({one_line(serial, _NAME_OCTETS)})"


def _rest(count: int) -> str:
    return f"… + {count}"


def _counted(count: str | None, noun: str) -> str:
    """One message, three messages: both nouns take an s in either language."""
    return "" if count is None else f"{count} {noun}" + ("" if count == "1" else "s")
