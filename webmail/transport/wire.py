"""Bytes of an SMTP or LMTP connection: command lines, and messages up to the lone dot (RFC 5321 §4.5.2)."""

import asyncio

CHUNK = 256 * 1024
_END = b"\r\n.\r\n"


class Disconnected(Exception):
    """The other side is gone, or said nothing for too long."""


class LineTooLong(Exception):
    """A command line beyond the limit; the connection cannot be trusted to be in step any more."""


class Wire:
    """A buffered reader; what follows a message in the same packet stays for the next line (PIPELINING, RFC 2920)."""

    def __init__(self, reader: asyncio.StreamReader, timeout: float) -> None:
        self.reader = reader
        self.timeout = timeout
        self.buffer = bytearray()

    async def line(self, limit: int) -> bytes:
        """The next line without its CRLF. Raises Disconnected, LineTooLong."""
        while (end := self.buffer.find(b"\r\n")) < 0:
            if len(self.buffer) > limit:
                raise LineTooLong
            await self._more()
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        return line

    async def message(self, limit: int) -> bytes | None:
        """A message with its dots unstuffed; None if it is longer than `limit`, having read it to its end.

        Only CRLF.CRLF ends it: a bare LF never does, so nothing can be smuggled behind one.
        """
        self.buffer[:0] = b"\r\n"  # so that a dot on the very first line looks like any other
        kept, start = True, 0
        while (end := self.buffer.find(_END, start)) < 0:
            if len(self.buffer) > 2 * limit:  # every byte a stuffed dot would still fit in this
                kept = False
                del self.buffer[: -len(_END)]
            start = max(0, len(self.buffer) - len(_END) + 1)
            await self._more()
        stuffed = bytes(self.buffer[: end + 2])
        del self.buffer[: end + len(_END)]
        message = stuffed.replace(b"\r\n.", b"\r\n")[2:] if kept else b""
        return message if kept and len(message) <= limit else None

    async def _more(self) -> None:
        try:
            received = await asyncio.wait_for(self.reader.read(CHUNK), self.timeout)
        except (TimeoutError, ConnectionError) as error:
            raise Disconnected from error
        if not received:
            raise Disconnected
        self.buffer += received
