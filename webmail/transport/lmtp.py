"""The listener behind Postfix: reads a message into memory, has it sealed and committed, and only then says 250.

Whatever fails is a 4xx and the sender tries again; there is no way on which clear bytes reach a disk.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from django.db import close_old_connections, connections

from webmail.domain import deliver
from webmail.domain.deliver import Destination, PreparedDelivery
from webmail.domain.errors import DeliveryRefused
from webmail.transport.dialogue import MAX_LINE, Action, Dialogue, Protocol, Step
from webmail.transport.wire import Disconnected, LineTooLong, Wire
from webmail.transport.writer import GroupedWriter

log = logging.getLogger(__name__)

IDLE_SECONDS = 300.0  # RFC 5321 §4.5.3.2
MAX_CONNECTIONS = 100
MAX_KNOWN = 10_000
LARGE = 1_000_000
LARGE_AT_ONCE = 4  # so that many 50 MB messages do not meet in memory


@dataclass(frozen=True)
class Listen:
    """Where to listen: a TCP port of the loopback, or a Unix socket."""

    path: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0


class KnownDestinations:
    """Where addresses led a moment ago: a burst for one mailbox asks the database once a second, not once a message."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._known: dict[str, tuple[float, Destination]] = {}

    def find(self, address: str) -> Destination:
        """As `deliver.destination`; refusals are never remembered."""
        now = time.monotonic()
        until, where = self._known.get(address, (0.0, None))
        if where is None or until < now:
            where = deliver.destination(address)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[address] = (now + self.seconds, where)
        return where

    def again(self, stale: Sequence[Destination]) -> list[Destination]:
        """The same mailboxes as they are now, whatever was known of them. Raises as `deliver.destination`."""
        accounts = {where.account_id for where in stale}
        self._known = {name: kept for name, kept in self._known.items() if kept[1].account_id not in accounts}
        return [deliver.destination(where.address) for where in stale]


class LmtpServer:
    """`await start()`, then `port` is known; `await stop()` finishes the messages in hand."""

    def __init__(self, listen: Listen, protocol: Protocol = Protocol.LMTP, workers: int = 2) -> None:
        self.listen = listen
        self.protocol = protocol
        self.writer = GroupedWriter()
        self.lookups = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rcpt")  # the one that reads the database
        self.sealers = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="seal")
        self.known = KnownDestinations()
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.connections: set[asyncio.Task[None]] = set()
        self.server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The TCP port in use."""
        if self.server is None:
            raise RuntimeError("The listener is not started.")
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        if self.listen.path is None:
            self.server = await asyncio.start_server(self._accept, self.listen.host, self.listen.port)
            return
        self.listen.path.unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(self._accept, self.listen.path)
        self.listen.path.chmod(0o660)

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
        for task in self.connections:
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)
        await self.writer.close()
        self.lookups.submit(connections.close_all)
        self.lookups.shutdown()
        self.sealers.shutdown()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.connections.add(task)
            task.add_done_callback(self.connections.discard)
        try:
            await self._serve(reader, writer)
        except (Disconnected, ConnectionError, asyncio.CancelledError):
            pass
        except LineTooLong:
            writer.write(b"500 5.5.6 line too long\r\n")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self.connections) > MAX_CONNECTIONS:
            writer.write(b"421 4.3.2 too many connections\r\n")
            return
        wire, dialogue = Wire(reader, IDLE_SECONDS), Dialogue(self.known.find, self.protocol)
        step = Step([dialogue.greeting()])
        while step.action is not Action.CLOSE:
            await _send(writer, step)
            if step.action is Action.DATA:
                step = dialogue.finish(await self._take(wire, dialogue))
            else:
                line = await wire.line(MAX_LINE)
                step = await self._answer(dialogue, line)
        await _send(writer, step)

    async def _answer(self, dialogue: Dialogue, line: bytes) -> Step:
        """Only RCPT asks the database, so only RCPT leaves this thread."""
        if line[:4].upper() != b"RCPT":
            return dialogue.line(line)

        def look_up() -> Step:
            close_old_connections()
            return dialogue.line(line)

        return await asyncio.get_running_loop().run_in_executor(self.lookups, look_up)

    async def _take(self, wire: Wire, dialogue: Dialogue) -> list[str]:
        """Read, seal, commit; one reply for each recipient."""
        recipients, mail_from = dialogue.envelope.recipients, dialogue.envelope.mail_from or ""
        content = await wire.message(deliver.MAX_MESSAGE)
        if content is None:
            return ["552 5.3.4 message too large"] * len(recipients)
        if len(content) <= LARGE:
            return await self._store(mail_from, recipients, content)
        async with self.large:
            return await self._store(mail_from, recipients, content)

    async def _store(self, mail_from: str, recipients: Sequence[Destination], content: bytes) -> list[str]:
        once = list({where.account_id: where for where in recipients}.values())
        try:
            durable = await self._seal_and_commit(mail_from, once, content)
        except DeliveryRefused:
            return ["554 5.6.0 message refused"] * len(recipients)
        except Exception:
            log.exception("a message was deferred")
            return ["451 4.3.0 try again"] * len(recipients)
        if left := [where for where in once if where.account_id not in durable]:
            durable |= await self._by_new_keys(mail_from, left, content)
        return ["250 2.0.0 stored" if where.account_id in durable else "451 4.3.0 try again" for where in recipients]

    async def _by_new_keys(self, mail_from: str, left: Sequence[Destination], content: bytes) -> set[str]:
        """Once more, where keys changed between RCPT and the commit: what was sealed to the old ones is not taken."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self.lookups, self._look_again, left)
            changed = [now for was, now in zip(left, found, strict=True) if now.epoch != was.epoch]
            if not changed:
                return set()
            return await self._seal_and_commit(mail_from, found if self.protocol is Protocol.SMTP else changed, content)
        except Exception:
            log.exception("a message was deferred")
            return set()

    def _look_again(self, left: Sequence[Destination]) -> list[Destination]:
        close_old_connections()
        return self.known.again(left)

    async def _seal_and_commit(self, mail_from: str, destinations: Sequence[Destination], content: bytes) -> set[str]:
        """The accounts in which the message stands. Raises as `deliver.prepare`."""
        prepared = await asyncio.get_running_loop().run_in_executor(
            self.sealers, deliver.prepare, mail_from, destinations, content
        )
        return await self._commit(prepared)

    async def _commit(self, prepared: list[PreparedDelivery]) -> set[str]:
        """The accounts in which the message stands. SMTP answers once, so there it is all or none (mail-server.md §3)."""
        groups = [prepared] if self.protocol is Protocol.SMTP else [[delivery] for delivery in prepared]
        written = await asyncio.gather(*(self.writer.write(group) for group in groups))
        for group, durable in zip(groups, written, strict=True):
            if not durable:
                deliver.abandon(group)
        stands = (group for group, durable in zip(groups, written, strict=True) if durable)
        return {delivery.message.account_id for group in stands for delivery in group}


async def _send(writer: asyncio.StreamWriter, step: Step) -> None:
    writer.write("".join(f"{reply}\r\n" for reply in step.replies).encode())
    await writer.drain()
