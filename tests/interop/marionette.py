"""A client of Marionette, the remote control inside Gecko programs: JSON over TCP, each packet behind its length.

`https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html`. Only what driving Thunderbird asks for.
"""

import json
import socket
from types import TracebackType
from typing import Any, Self


class MarionetteError(Exception):
    """The program refused a command, or a script threw; the text is what it said."""


class Marionette:
    """One session, in the privileged context of the program."""

    def __init__(self, port: int, *, script_seconds: float = 60) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=script_seconds + 30)
        self._stream = self._socket.makefile("rb")
        self._sent = 0
        self._script_milliseconds = int(script_seconds * 1000)

    def __enter__(self) -> Self:
        self._receive()  # the greeting
        self._command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"unhandledPromptBehavior": "ignore"}}})
        self._command("Marionette:SetContext", {"value": "chrome"})
        self._command("WebDriver:SetTimeouts", {"script": self._script_milliseconds})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._socket.close()

    def run(self, script: str, *arguments: object) -> Any:
        """The value of the body of an `async` function that is given `arguments`; raises MarionetteError."""
        body = (
            "const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);"
            f"(async (...arguments) => {{ {script} }})(...given)"
            ".then(value => ({value}), error => ({error: `${error}`})).then(answer => done(JSON.stringify(answer)));"
        )
        said = self._command("WebDriver:ExecuteAsyncScript", {"script": body, "args": list(arguments)})["value"]
        if said is None:  # a dialog came up
            raise MarionetteError(self._command("WebDriver:GetAlertText", {})["value"])
        answer = json.loads(said)
        if "error" in answer:
            raise MarionetteError(answer["error"])
        return answer.get("value")

    def _command(self, name: str, parameters: dict[str, Any]) -> Any:
        self._sent += 1
        packet = json.dumps([0, self._sent, name, parameters]).encode()
        self._socket.sendall(f"{len(packet)}:".encode() + packet)
        _, _, error, result = self._receive()
        if error:
            raise MarionetteError(f"{name}: {(error.get('data') or {}).get('text') or error['message']}")
        return result

    def _receive(self) -> Any:
        length = b""
        while (octet := self._stream.read(1)) != b":":
            if not octet:
                raise MarionetteError("the program closed the connection")
            length += octet
        return json.loads(self._stream.read(int(length)))
