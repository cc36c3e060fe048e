"""One thread that commits: deliveries of many connections in one transaction, each answered after the commit.

While one batch is on its way to the disk the next one gathers; a batch that fails is committed again message by message,
so that a bad one does not hold up its neighbours.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connections

from webmail.domain import deliver
from webmail.domain.deliver import PreparedDelivery

log = logging.getLogger(__name__)

MAX_BATCH = 200
Commit = Callable[[Sequence[PreparedDelivery]], object]


class GroupedWriter:
    """Give it the prepared deliveries of one message; it returns whether they are durable."""

    def __init__(self, commit: Commit = deliver.commit) -> None:
        self._commit = commit
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._waiting: list[tuple[Sequence[PreparedDelivery], asyncio.Future[bool]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def write(self, deliveries: Sequence[PreparedDelivery]) -> bool:
        """True once the rows of all these deliveries are committed; False if they could not be."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((deliveries, done))
        if self._busy is None:
            self._busy = asyncio.create_task(self._drain())
        return await asyncio.shield(done)

    async def close(self) -> None:
        """Commit what waits, then stop."""
        while self._busy is not None:
            await self._busy
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            written = await loop.run_in_executor(self._thread, self._write_batch, [each for each, _ in batch])
            for (_, done), durable in zip(batch, written, strict=True):
                if not done.done():
                    done.set_result(durable)
        self._busy = None

    def _write_batch(self, batch: list[Sequence[PreparedDelivery]]) -> list[bool]:
        close_old_connections()
        if self._write([delivery for deliveries in batch for delivery in deliveries]):
            return [True] * len(batch)
        if len(batch) == 1:
            return [False]
        return [self._write(deliveries) for deliveries in batch]

    def _write(self, deliveries: Sequence[PreparedDelivery]) -> bool:
        try:
            self._commit(deliveries)
        except Exception:
            log.exception("deliveries were not committed")
            return False
        return True
