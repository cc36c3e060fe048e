"""The real card stack for tests: Debian's pcscd with vpcd's virtual readers, and cards that are objects of the test.

    with card_stack(tmp_path) as stack:
        stack.readers[0].insert(card)         # any `Card`: an ATR, and answers to APDUs
        subprocess.run(["opensc-tool", "-l"], env={**os.environ, **stack.environment})

pcscd runs in namespaces of its own (`enclosure.py`), where needed in a user namespace besides: a pcscd of the system, or
of another test, is never met, and nothing listens on an address of this machine. Its clients reach it by
PCSCLITE_CSOCK_NAME.

vpcd's wire format (vsmartcard 3.3): each message is two bytes of length, big-endian, then the data. One byte of data is
a control (0 power off, 1 power on, 2 reset, 4 "send the ATR"; only the last is answered), more is a command APDU.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
OPENSC = next(
    (path for path in Path("/usr/lib").glob("*-linux-gnu/opensc-pkcs11.so")), Path("/usr/lib64/pkcs11/opensc-pkcs11.so")
)
_ENCLOSURE = Path(__file__).with_name("enclosure.py")
_SLOTS = 2  # vpcd makes two readers of each entry, on neighbouring ports
_FIRST_PORT = 35963
_SEND_ATR = 4


class Card(Protocol):
    """What lies in a reader."""

    atr: bytes

    def power(self) -> None:
        """Power on, power off or reset: what the card had opened is closed."""

    def transmit(self, command: bytes) -> bytes:
        """Answer a command APDU with data and status word (ISO 7816-4 §5.1)."""


class Reader:
    """One virtual reader. A card is in it while a connection to its port is open."""

    def __init__(self, name: str, port: int, doorway: Path) -> None:
        self.name = name
        self.port = port
        self.card: Card | None = None
        self._doorway = doorway
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def insert(self, card: Card) -> None:
        """pcscd sees the card at its next look, some 0.2 s later."""
        self.remove()
        card.power()
        self.card = card
        self._connection = _through(self._doorway, self.port)
        self._thread = threading.Thread(target=self._talk, args=(card, self._connection), daemon=True, name=self.name)
        self._thread.start()

    def remove(self) -> None:
        """Pull the card, also in the middle of a command: that is never answered."""
        if self.card is None or self._connection is None or self._thread is None:
            return
        card, self.card = self.card, None
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        if self._thread is not threading.current_thread():
            self._thread.join(5)
        self._connection.close()
        card.power()

    def _talk(self, card: Card, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while message := _receive(connection):
                if message == bytes([_SEND_ATR]):
                    _send(connection, card.atr)
                elif len(message) == 1:
                    card.power()
                else:
                    _send(connection, card.transmit(message))


def _through(doorway: Path, port: int) -> socket.socket:
    """A connection to a port in the enclosure."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(20)
        asking.connect(str(doorway))
        asking.sendall(b"%d" % port)
        _, descriptors, _, _ = socket.recv_fds(asking, 1, 1)
    if not descriptors:
        raise RuntimeError("vpcd does not listen")
    connection = socket.socket(fileno=descriptors[0])
    connection.setblocking(True)
    return connection


def _receive(connection: socket.socket) -> bytes:
    header = _receive_exactly(connection, 2)
    return _receive_exactly(connection, int.from_bytes(header, "big")) if header else b""


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        # vpcd writes length and data apart; a delayed acknowledgement would add 40 ms to every APDU.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(received))
        if not part:
            return b""
        received += part
    return received


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(len(data).to_bytes(2, "big") + data)


@dataclass
class CardStack:
    """A running pcscd. `environment` is what its clients need besides os.environ."""

    folder: Path
    readers: list[Reader]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def empty(self) -> None:
        """Pull all cards."""
        for reader in self.readers:
            reader.remove()

    def start(self) -> None:
        """Start pcscd. Raises RuntimeError with its log when it does not come up."""
        configuration = self.folder / "reader.conf"
        configuration.write_text(_configuration(self.folder, self.readers))
        daemon = ["pcscd", "--foreground", "--config", str(configuration)]
        with (self.folder / "pcscd.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", *_namespaces(), sys.executable, "-S", str(_ENCLOSURE), str(self.folder), *daemon],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
            )
        self._wait_until_up()

    def stop(self) -> None:
        """Pull all cards and end pcscd; `start` brings it back."""
        self.empty()
        if self.process is None:
            return
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._forget()

    def crash(self) -> None:
        """Kill pcscd while cards are in their readers; `start` brings it back."""
        if self.process is not None:
            os.kill(int(self._service.with_name("pcscd.pid").read_bytes().strip(b"\n\0")), signal.SIGKILL)
            self._forget()
        self.empty()

    def _forget(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None
        for socket_file in (self.folder / "doorway", self._service):
            socket_file.unlink(missing_ok=True)

    @property
    def _service(self) -> Path:
        return Path(self.environment["PCSCLITE_CSOCK_NAME"])

    def _wait_until_up(self) -> None:
        end = time.monotonic() + 10
        while not _listens(self._service):
            if self.process is None or self.process.poll() is not None or time.monotonic() > end:
                self._forget()
                raise RuntimeError((self.folder / "pcscd.log").read_text("utf-8", "replace"))
            time.sleep(0.01)


def _namespaces() -> list[str]:
    """Without the right to make them (not root, or root of a container): those of a user namespace, where it is root."""
    wanted = ["--mount", "--net"]
    able = subprocess.run(["unshare", *wanted, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return wanted if able else ["--user", "--map-root-user", *wanted]


def _listens(service: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        return client.connect_ex(str(service)) == 0


@contextlib.contextmanager
def card_stack(folder: Path, *, readers: int = 2, opensc: str = "") -> Iterator[CardStack]:
    """pcscd with empty readers (an even number, vpcd has them in pairs); `opensc`: settings for opensc.conf(5)."""
    folder = folder.resolve()
    (folder / "run").mkdir(parents=True)
    (folder / "opensc.conf").write_text(f"app default {{\n{opensc}\n}}\n")
    stack = CardStack(folder, _make_readers(readers, folder / "doorway"), _environment(folder))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PCSCLITE_CSOCK_NAME": str(folder / "run" / "pcscd" / "pcscd.comm"),
        "OPENSC_CONF": str(folder / "opensc.conf"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def _make_readers(count: int, doorway: Path) -> list[Reader]:
    if count % _SLOTS:
        raise ValueError("vpcd has its readers in pairs")
    names = [f"{_name(number // _SLOTS)} 00 {number % _SLOTS:02X}" for number in range(count)]
    return [Reader(name, _FIRST_PORT + number, doorway) for number, name in enumerate(names)]


def _name(number: int) -> str:
    return f"Pli reader {'ABCDEFGH'[number]}"


def _configuration(folder: Path, readers: list[Reader]) -> str:
    """reader.conf(5): one entry per pair, each with a driver file of its own, as vpcd keeps its slots in static memory."""
    entries = []
    for number, reader in enumerate(readers[::_SLOTS]):
        driver = folder / f"libifdvpcd-{number}.so"
        shutil.copyfile(DRIVER, driver)
        port = f"DEVICENAME /dev/null:{reader.port}\nCHANNELID {reader.port}\n"
        entries.append(f'FRIENDLYNAME "{_name(number)}"\n{port}LIBPATH {driver}\n')
    return "\n".join(entries)
