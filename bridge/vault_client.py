"""The listener's side of the vault: its calls, with the vault's refusals as the errors a page may see."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.channel import ChannelBroken, ChildError
from bridge.journal import log
from bridge.loop_child import LoopChild
from bridge.protocol import RpcError

_SECONDS = 30.0  # making an RSA-3072 key may take some on a small machine
_REFUSALS = {
    "HandleUnknown": "HANDLE_UNKNOWN",
    "UnsupportedAlgorithm": "ALG_UNSUPPORTED",
    "GrantRefused": "GRANT_REFUSED",
    "DecryptionFailed": "GRANT_REFUSED",
    "Malformed": "GRANT_REFUSED",
    "LimitExceeded": "GRANT_REFUSED",
}


class VaultClient:
    """Every method names a handle; the keys behind it never come here."""

    def __init__(self) -> None:
        self.generation = 0
        self._child = LoopChild("bridge.vault", on_start=self._started)

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self) -> None:
        """On the loop that `ask` is awaited on."""
        await self._child.start()

    async def stop(self) -> None:
        await self._child.stop()

    async def ask(self, method: str, **params: Any) -> Any:
        """On the loop. Raises RpcError: HANDLE_UNKNOWN, GRANT_REFUSED or ALG_UNSUPPORTED; INTERNAL_ERROR when the vault died."""
        with _worded(method):
            return await self._child.ask(method, _SECONDS, **params)

    def call(self, method: str, **params: Any) -> Any:
        """As `ask`, for a thread that waits."""
        with _worded(method):
            return self._child.call(method, _SECONDS, **params)

    def _started(self, _pid: int) -> None:
        self.generation += 1


@contextmanager
def _worded(method: str) -> Iterator[None]:
    """What goes wrong between listener and vault, as a page may see it."""
    try:
        yield
    except ChannelBroken:
        log.error("the vault died in %s", method)
        raise RpcError("INTERNAL_ERROR") from None
    except ChildError as error:
        name = _REFUSALS.get(error.name, "INTERNAL_ERROR")
        log.log(logging.INFO if error.name in _REFUSALS else logging.ERROR, "vault: %s: %s", method, error.name)
        raise (RpcError(name, reason="does-not-open") if name == "GRANT_REFUSED" else RpcError(name)) from None
