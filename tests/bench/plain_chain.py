"""The least that stands between a page and a key in another process: a loopback socket, one process, a pipe, a second process.

No event loop, no websocket, no JSON, no sealed channel, no journal: what is left is what this machine, as busy as it is now, takes
to wake three processes in turn for one decryption.
"""

import socket
import subprocess
import sys
from typing import IO

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

LABEL = b"pli-message"
OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), LABEL)
_HEAD = 4


class PlainChain:
    """Two processes; `decrypt` asks the far one. One call at a time."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "near"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018 (asked for)
        write(self._process.stdin, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        self._socket = connected(socket.create_connection(("127.0.0.1", int(self._process.stdout.readline()))))
        self._file = self._socket.makefile("rwb", buffering=0)

    def decrypt(self, block: bytes) -> bytes:
        write(self._file, block)
        return read(self._file)

    def close(self) -> None:
        self._file.close()
        self._socket.close()
        self._process.wait()


def near() -> None:
    """Passes on what the socket says, and back, until it closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        far_one = subprocess.Popen(
            [sys.executable, __file__, "far"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert far_one.stdin is not None and far_one.stdout is not None  # noqa: PT018 (asked for)
        write(far_one.stdin, read(sys.stdin.buffer))
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        stream = connected(server.accept()[0]).makefile("rwb", buffering=0)
    while block := read(stream):
        write(far_one.stdin, block)
        write(stream, read(far_one.stdout))


def far() -> None:
    """Decrypts."""
    key = load_der_private_key(read(sys.stdin.buffer), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    while block := read(sys.stdin.buffer):
        write(sys.stdout.buffer, key.decrypt(block, OAEP))


def connected(one: socket.socket) -> socket.socket:
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


def read(stream: IO[bytes]) -> bytes:
    """Nothing at the end."""
    head = stream.read(_HEAD)
    return stream.read(int.from_bytes(head, "big")) if head else b""


def write(stream: IO[bytes], octets: bytes) -> None:
    stream.write(len(octets).to_bytes(_HEAD, "big") + octets)
    stream.flush()


if __name__ == "__main__":
    {"near": near, "far": far}[sys.argv[1]]()
