"""An SMTP server (RFC 5321) on loopback that accepts everything and keeps it: where peers that send leave their mail."""

import queue
import socketserver
import threading
from types import TracebackType
from typing import Self

_REPLIES = {"EHLO": "250 sink", "HELO": "250 sink", "DATA": "354 go on", "QUIT": "221 bye"}


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            self._say(_REPLIES.get(verb, "250 ok"))
            if verb == "DATA":
                self.server.received.put(self._data())  # type: ignore[attr-defined]
                self._say("250 kept")
            if verb == "QUIT":
                return

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class SmtpSink:
    """Listens while it is entered."""

    def __init__(self) -> None:
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._received: queue.Queue[bytes] = queue.Queue()
        self._server.received = self._received  # type: ignore[attr-defined]
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next(self, seconds: float = 20) -> bytes:
        """The next message, RFC 5322 bytes as they came; raises queue.Empty."""
        return self._received.get(timeout=seconds)
