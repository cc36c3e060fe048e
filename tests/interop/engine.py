"""The judge's verbs (tests/judge) in one long-lived engine: node, or the page of a Chromium."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from questions import Questions

from tests.judge.practice import base64_text
from tests.outside import engines

ENGINES = {"node": engines.Node, "chromium": engines.Chromium}


@dataclass(frozen=True)
class Engine:
    """Asks verbs, and answers what they ask back of the bridge."""

    running: engines.Engine

    def ask(self, verb: str, **given: object) -> dict[str, Any]:
        """The verb's answer; bytes go as base64. Raises `EngineFailure`: a module threw what no reader should."""
        encoded = encode(given)
        return dict(self.running.call(engines.JUDGE, "answer", verb, encoded, ask=Questions(encoded).answer))


def encode(given: Mapping[str, object]) -> dict[str, Any]:
    return {name: base64_text(value) if isinstance(value, bytes) else value for name, value in given.items()}


@contextmanager
def start(name: str) -> Iterator[Engine]:
    with ENGINES[name]() as running:
        yield Engine(running)
