"""How this process hears of changes made by others: datagrams from the writers, and a look at the database each second.

With Redis the writers reach every socket themselves and only the look remains, as a safety net.
"""

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from pathlib import Path

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from webmail.domain.announce import group_name
from webmail.models import Mailbox

logger = logging.getLogger(__name__)
LOOK_EVERY = 1.0  # seconds
MAX_DATAGRAM = 256


class Pulse(asyncio.DatagramProtocol):
    """Turns writers' datagrams `account,state` into group messages for the accounts that have a socket here."""

    def __init__(self) -> None:
        self.watched: Counter[str] = Counter()
        self.seen: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None
        self._look: asyncio.Task[None] | None = None
        self._inode = 0

    def watch(self, account_id: str) -> None:
        """A socket of this process wants to hear of this account."""
        self.watched[account_id] += 1

    def unwatch(self, account_id: str) -> None:
        """One such socket is gone."""
        self.watched[account_id] -= 1
        if self.watched[account_id] <= 0:
            del self.watched[account_id]
            self.seen.pop(account_id, None)

    async def start(self) -> None:
        """Listen, and look each second. Starting twice is harmless."""
        if self._look is not None and not self._look.done():
            return
        if not settings.PLI_REDIS_URL:
            await self._listen(settings.PLI_PUSH_SOCKET)
        self._look = asyncio.get_running_loop().create_task(self._look_forever())

    async def stop(self) -> None:
        """Stop listening and remove the socket's file."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            _unbind(settings.PLI_PUSH_SOCKET, self._inode)
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look
            self._look = None

    async def _listen(self, path: Path) -> None:
        """A socket that cannot be (the path may be too long for one) costs a second of delay, not the server."""
        try:
            listener = _bind(path)
        except OSError as error:
            logger.warning(
                "push: no socket for writers' news (%s), looking each second instead", error.strerror or error
            )
            return
        self._inode = _inode_of(path)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=listener)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """One `account,state`. Only our own user can reach the socket, but what it says is still checked."""
        del addr
        account_id, _, state = data[:MAX_DATAGRAM].decode("ascii", "replace").partition(",")
        if state.isdigit() and account_id in self.watched:
            self._announce(account_id, int(state))

    def _announce(self, account_id: str, state: int) -> None:
        self.seen[account_id] = max(state, self.seen.get(account_id, 0))
        task = asyncio.get_running_loop().create_task(_send(account_id, state))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._look_once()
            except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end the looking
                logger.warning("push: cannot look at the database (%s)", type(error).__name__)

    async def _look_once(self) -> None:
        """Announce what no datagram told. The first look at an account only learns where it stands: the socket itself
        has just sent the states of that moment.
        """
        for account_id, state in await _current(list(self.watched)):
            known = self.seen.setdefault(account_id, state)
            if state > known:
                self._announce(account_id, state)


async def _send(account_id: str, state: int) -> None:
    message = {"type": "state.changed", "account": account_id, "state": str(state)}
    await get_channel_layer().group_send(group_name(account_id), message)


@database_sync_to_async
def _current(account_ids: list[str]) -> list[tuple[str, int]]:
    return list(Mailbox.objects.filter(id__in=account_ids).values_list("id", "modseq")) if account_ids else []


def _bind(path: Path) -> socket.socket:
    """A datagram socket that only our own user may write to."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    path.chmod(0o600)
    listener.setblocking(False)
    return listener


def _inode_of(path: Path) -> int:
    return path.stat().st_ino


def _unbind(path: Path, inode: int) -> None:
    """Remove our socket's file, and not that of a successor that has already started."""
    if path.exists() and path.stat().st_ino == inode:
        path.unlink()


pulse = Pulse()
