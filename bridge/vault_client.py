"""The listener's side of the vault: its calls, with the vault's refusals as the errors a page may see."""

import logging
from typing import Any

from bridge.channel import ChannelBroken, ChildError
from bridge.journal import log
from bridge.loop_child import LoopChild, Then
from bridge.protocol import RpcError

_SECONDS = 30.0  # making an RSA-3072 key may take some on a small machine
_QUICK = {"forget": 2.0}  # seconds; a vault that hangs over a wipe is killed, which wipes
_REFUSALS = {
    "HandleUnknown": "HANDLE_UNKNOWN",
    "EpochUnknown": "KEY_USE_DENIED",
    "OwnersOnly": "KEY_USE_DENIED",
    "UnsupportedAlgorithm": "ALG_UNSUPPORTED",
    "GrantRefused": "GRANT_REFUSED",
    "ObjectRefused": "GRANT_REFUSED",
    "ShareRefused": "SHARE_REFUSED",
    "DecryptionFailed": "GRANT_REFUSED",
    "Malformed": "GRANT_REFUSED",
    "LimitExceeded": "GRANT_REFUSED",
}
_REASONS = {"GRANT_REFUSED": "does-not-open", "KEY_USE_DENIED": "epoch"}


class VaultClient:
    """Every method names a handle; the keys behind it never come here."""

    def __init__(self) -> None:
        self.generation = 0
        self._child = LoopChild("bridge.vault", on_start=self._started)

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self) -> None:
        """On the loop that `begin` is called on."""
        await self._child.start()

    async def stop(self) -> None:
        await self._child.stop()

    def begin(self, method: str, then: Then, **params: Any) -> None:
        """On the loop: ask, and call `then` with the result or with an RpcError.

        HANDLE_UNKNOWN, GRANT_REFUSED or ALG_UNSUPPORTED; INTERNAL_ERROR when the vault died.
        """

        def told(result: Any, error: Exception | None) -> None:
            then(result, None if error is None else _for_a_page(method, error))

        self._child.begin(method, _seconds(method), told, **params)

    def call(self, method: str, **params: Any) -> Any:
        """As `begin`, for a thread that waits. Raises the RpcError."""
        try:
            return self._child.call(method, _seconds(method), **params)
        except (ChannelBroken, ChildError) as error:
            raise _for_a_page(method, error) from None

    def _started(self, _pid: int) -> None:
        self.generation += 1


def _seconds(method: str) -> float:
    return _QUICK.get(method, _SECONDS)


def _for_a_page(method: str, error: Exception) -> RpcError:
    """What went wrong between listener and vault, as a page may see it."""
    if not isinstance(error, ChildError):
        log.error("the vault died in %s", method)
        return RpcError("INTERNAL_ERROR")
    name = _REFUSALS.get(error.name, "INTERNAL_ERROR")
    log.log(logging.INFO if error.name in _REFUSALS else logging.ERROR, "vault: %s: %s", method, error.name)
    return RpcError(name, **(error.data or ({"reason": _REASONS[name]} if name in _REASONS else {})))
