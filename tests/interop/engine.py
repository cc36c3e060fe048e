"""The judge's verbs (tests/judge) in one long-lived engine: node, or the page of a Chromium."""

import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from browser import Browser
from questions import Questions

from tests.judge.practice import base64_text


class EngineFailed(Exception):
    """A module threw what no reader should; the text is the error's."""


class Node:
    """One node process; a line for each question and answer."""

    def __enter__(self) -> Self:
        command = ["node", str(Path(__file__).with_name("engine.js"))]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(10)

    def ask(self, verb: str, **given: object) -> dict[str, Any]:
        """The verb's answer; bytes go as base64. Raises EngineFailed."""
        encoded = encode(given)
        questions = Questions(encoded)
        self._send({"verb": verb, "input": encoded})
        while "ask" in (said := self._receive()):
            self._send(questions.answer(said["ask"], said["details"]))
        if "failure" in said:
            raise EngineFailed(said["failure"])
        return dict(said["answer"])

    def _send(self, value: object) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(value) + "\n")
        self._child.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        received: dict[str, Any] = json.loads(self._child.stdout.readline())
        return received


class Chromium(Browser):
    """The same modules in a page."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._questions = Questions({})
        self.page.expose_function("ask", self._answer)
        return self

    def _answer(self, question: str, details: Mapping[str, Any]) -> Any:
        return self._questions.answer(question, details)

    def ask(self, verb: str, **given: object) -> dict[str, Any]:
        encoded = encode(given)
        self._questions = Questions(encoded)
        script = "async ([verb, input]) => (await import('/tests/judge/verbs.js')).answer(verb, input, window.ask)"
        return dict(self.page.evaluate(script, [verb, encoded]))


Engine = Node | Chromium


def encode(given: Mapping[str, object]) -> dict[str, Any]:
    return {name: base64_text(value) if isinstance(value, bytes) else value for name, value in given.items()}


def start(name: str) -> AbstractContextManager[Engine]:
    return Chromium() if name == "chromium" else Node()
