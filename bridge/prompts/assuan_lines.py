"""Lines of the Assuan protocol, read into octets that are overwritten: a line may hold a PIN."""

import queue
import threading
from typing import IO

_MAX_LINE = 1002  # "The Assuan protocol": 1000 octets and the line's end
_DIGITS = b"0123456789ABCDEF"


class AssuanLines:
    """The lines a program writes. A thread reads them, because pipes cannot be waited for on Windows."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines: queue.Queue[bytearray | None] = queue.Queue()
        self._thread = threading.Thread(target=self._pump, daemon=True, name="assuan")
        self._thread.start()

    def next(self, seconds: float) -> bytearray | None:
        """The next line without its end; an empty one when none came in time; None when the program is gone."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return bytearray()

    def close(self) -> None:
        """Call it once the program is gone."""
        self._thread.join(1)
        while not self._lines.empty():
            line = self._lines.get_nowait() or bytearray()
            line[:] = bytes(len(line))

    def _pump(self) -> None:
        buffer, held = bytearray(2 * _MAX_LINE), 0
        with self._stream:
            while got := self._read(memoryview(buffer)[held : held + _MAX_LINE]):
                held = self._hand_over(buffer, held + got)
                if held > _MAX_LINE:
                    break
        buffer[:] = bytes(len(buffer))
        self._lines.put(None)

    def _read(self, view: memoryview) -> int:
        try:
            return self._stream.readinto(view) or 0  # type: ignore[attr-defined]  # unbuffered: a FileIO
        except OSError:
            return 0

    def _hand_over(self, buffer: bytearray, held: int) -> int:
        """Queue the whole lines of the buffer, overwrite them, and keep the rest at its start."""
        start = 0
        while (end := buffer.find(b"\n", start, held)) >= 0:
            stop = end - 1 if end > start and buffer[end - 1 : end] == b"\r" else end
            self._lines.put(buffer[start:stop])
            start = end + 1
        rest = held - start
        view = memoryview(buffer)
        view[:rest] = view[start:held]
        view[rest:held] = bytes(held - rest)
        return rest


def unescape(escaped: memoryview | bytearray) -> bytearray:
    """The octets of a D line: `%XX` decoded, anything else as it stands."""
    decoded, position, place = bytearray(len(escaped)), 0, 0
    while place < len(escaped):
        octet = _escaped_octet(escaped[place : place + 3])
        decoded[position] = escaped[place] if octet is None else octet
        position += 1
        place += 1 if octet is None else 3
    del decoded[position:]
    return decoded


def escape(octets: bytearray) -> bytearray:
    """The octets of a D line for these: `%`, CR and LF as `%XX`."""
    escaped = bytearray()
    for octet in octets:
        escaped += b"%%%02X" % octet if octet in b"%\r\n" else bytes((octet,))
    return escaped


def _escaped_octet(three: memoryview | bytearray) -> int | None:
    if len(three) < 3 or three[0] != ord("%"):  # noqa: PLR2004
        return None
    high, low = (_DIGITS.find(digit & 0xDF if digit >= ord("A") else digit) for digit in (three[1], three[2]))
    return high * 16 + low if high >= 0 and low >= 0 else None
