"""A child process for tests of the channel: `python -m tests.bridge.talking` does as it is told."""

import os
import signal
import sys
import time

from bridge.channel import frame_of, serve


class Refused(Exception):
    """An error with data."""

    data = {"tries": 2}


def echo(value: object) -> object:
    return value


def refuse() -> None:
    raise Refused("no")


def leak(secret: str) -> None:
    raise ValueError(secret)


def babble(value: object) -> object:
    """As a vendor's module that prints."""
    sys.stdout.write("loading driver\n")
    sys.stdout.flush()
    os.write(1, b"\0\0\0\1x")
    return value


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def announce_too_much() -> None:
    """A length that no frame has, on the listener's pipe itself."""
    _write_to_the_listener(b"\xff\xff\xff\xff")


def pretend(answer: object) -> None:
    """A whole frame of an own making, on the listener's pipe itself."""
    _write_to_the_listener(frame_of(answer))


def _write_to_the_listener(octets: bytes) -> None:
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, octets)
        except OSError:
            continue


def plenty(octets: int) -> bytes:
    return bytes(octets)


def process() -> int:
    return os.getpid()


if __name__ == "__main__":
    handlers = (echo, refuse, leak, babble, sleep, die, announce_too_much, pretend, plenty, process)
    serve({one.__name__: one for one in handlers}, (Refused,))
