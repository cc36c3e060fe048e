"""What a hand does with the cards of the demo: insert, pull, swap, and the mishaps of a real desk."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bridge.card.software import card_folders, read_facts, write_facts

_MAXIMUM = 3


class TableCards:
    """The software cards of a directory, each named by its serial number."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def lying(self) -> Iterator[dict[str, Any]]:
        """Each card as the table shows it."""
        for facts in self._facts().values():
            shown = {name: facts[name] for name in ("serial", "label", "reader", "tries", "inserted")}
            yield {**shown, "maximum": facts.get("maximumTries", _MAXIMUM), "hangs": facts.get("hangs", False)}

    def act(self, verb: str, serial: str) -> None:
        """Do what a hand did. Unknown verbs and cards are ignored."""
        found = next((folder for folder, facts in self._facts().items() if facts["serial"] == serial), None)
        if found is not None and verb == "swap":
            self._swap(found)
        elif found is not None and verb in _CHANGES:
            facts = read_facts(found)
            write_facts(found, {**facts, **_CHANGES[verb](facts)})

    def _swap(self, pulled: Path) -> None:
        """Pull the card and put the next one that lies outside into its reader, in one movement."""
        outside = self._next_outside(pulled)
        if outside is None:
            return
        leaving, coming = read_facts(pulled), read_facts(outside)
        write_facts(pulled, {**leaving, "inserted": False, "reader": coming["reader"]})
        write_facts(outside, {**coming, "inserted": True, "reader": leaving["reader"]})

    def _next_outside(self, pulled: Path) -> Path | None:
        folders = list(self._facts())
        place = folders.index(pulled)
        following = [*folders[place + 1 :], *folders[:place]]
        return next((folder for folder in following if not read_facts(folder)["inserted"]), None)

    def _facts(self) -> dict[Path, dict[str, Any]]:
        found = {}
        for folder in card_folders(self._directory) if self._directory else ():
            try:
                found[folder] = read_facts(folder)
            except ValueError:
                continue  # just being written; the next look sees it
        return found


_CHANGES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "insert": lambda _facts: {"inserted": True},
    "pull": lambda _facts: {"inserted": False},
    "wrong-pin": lambda facts: {"tries": max(0, facts["tries"] - 1)},  # somebody mistyped it elsewhere
    "last-try": lambda _facts: {"tries": 1},
    "hang": lambda _facts: {"hangs": True},
    "release": lambda _facts: {"hangs": False},
    "renew": lambda facts: {"tries": facts.get("maximumTries", _MAXIMUM), "hangs": False},
}
