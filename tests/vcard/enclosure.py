"""pcscd in namespaces of its own; `stack.py` starts this program below `unshare --mount --net`.

    enclosure.py FOLDER PROGRAM...

FOLDER/run is laid over /run, where pcscd's compiled-in paths are. vpcd listens on all addresses (its other mode, which
connects out, ends pcscd by abort() when a card is pulled: vsmartcard 3.3), so its network here is a loopback of its own
that nobody outside can reach. Whoever holds FOLDER/doorway may ask for a connection to one of its ports: a line with the
number, answered by the connected socket itself (SCM_RIGHTS, unix(7)).

Ends with PROGRAM, and when its standard input closes: pcscd never outlives the test.
"""

import array
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1  # netdevice(7)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(folder: Path, program: list[str]) -> int:
    subprocess.run(["mount", "--bind", str(folder / "run"), "/run"], check=True)
    _raise_loopback()
    doorway = socket.socket(socket.AF_UNIX)
    doorway.bind(str(folder / "doorway"))
    doorway.listen(16)
    running = subprocess.Popen(program, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)  # noqa: PLW1509
    threading.Thread(target=_serve, args=(doorway,), daemon=True).start()
    threading.Thread(target=_end_with_input, args=(running,), daemon=True).start()
    return running.wait()


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH22x", b"lo", 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_with_input(running: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 64):
        pass
    running.terminate()
    try:
        running.wait(3)
    except subprocess.TimeoutExpired:
        running.kill()


def _serve(doorway: socket.socket) -> None:
    while True:
        asking, _ = doorway.accept()
        with asking:
            port = int(asking.recv(16))
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connected:
                    descriptors = array.array("i", [connected.fileno()])
                    asking.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            except OSError:
                continue  # the asker sees its connection close without an answer


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
