"""A listener on a port of its own, and a client that speaks in transcripts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from webmail.transport.dialogue import Protocol
from webmail.transport.lmtp import Listen, LmtpServer


class Client:
    """`say` sends a line and gives the replies to it, one per line; `expect` reads more of them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, server: LmtpServer) -> "Client":
        client = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        assert (await client.reply()).startswith("220 ")
        return client

    async def reply(self) -> str:
        """One reply; of a multi-line one the last line."""
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 10)).decode().rstrip("\r\n")
            if line[3:4] != "-":
                return line

    async def say(self, line: str | bytes, replies: int = 1) -> list[str]:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return [await self.reply() for _ in range(replies)]

    async def begin(self, *recipients: str, greeting: str = "LHLO test") -> list[str]:
        await self.say(greeting)
        await self.say("MAIL FROM:<denis@partner.example>")
        return [(await self.say(f"RCPT TO:<{to}>"))[0] for to in recipients]

    async def send(self, content: bytes, replies: int = 1) -> list[str]:
        assert (await self.say("DATA"))[0].startswith("354")
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        return await self.say(stuffed + b"\r\n.", replies)


@pytest.fixture
async def lmtp(live_practice) -> AsyncIterator[LmtpServer]:
    server = LmtpServer(Listen())
    await server.start()
    yield server
    await server.stop()
    await sync_to_async(connections.close_all)()  # that of the test's own questions


@pytest.fixture
async def smtp(live_practice) -> AsyncIterator[LmtpServer]:
    server = LmtpServer(Listen(), Protocol.SMTP)
    await server.start()
    yield server
    await server.stop()
    await sync_to_async(connections.close_all)()  # that of the test's own questions


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[LmtpServer], Awaitable[Client]]]:
    clients: list[Client] = []

    async def open_one(server: LmtpServer) -> "Client":
        clients.append(await Client.connect(server))
        return clients[-1]

    yield open_one
    for client in clients:
        client.writer.close()
        with contextlib.suppress(ConnectionError):
            await client.writer.wait_closed()
