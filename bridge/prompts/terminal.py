"""The last resort: the terminal the bridge was started from."""

import getpass
import sys
import threading

from bridge.prompts.requests import ConsentRequest, PinRequest
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError


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
