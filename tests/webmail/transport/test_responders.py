"""The exchange with responders: what is too large, too slow, elsewhere than asked, or on this very machine."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from webmail.domain.errors import ExchangeFailed
from webmail.transport.responders import exchange

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"


@pytest.fixture(autouse=True)
def loopback(settings):
    settings.PLI_LOOPBACK_RESPONDERS = True


def request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
        return head + b"\r\n" + stream.read(int(length or 0))


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server for one connection: its URL, and the requests that came."""
    asked: list[bytes] = []

    def serve() -> None:
        with closing(listener), listener.accept()[0] as connection:
            asked.append(request(connection))
            with suppress(OSError):  # the other side hangs up, as it should
                answer(connection)

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/ocsp?a=b"
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield url, asked
    thread.join(20)
    assert not thread.is_alive()


def failure(url: str, **limits) -> str:
    with pytest.raises(ExchangeFailed) as failed:
        exchange(url, maximum=1000, **limits)
    return failed.value.code


def test_a_question_is_posted_and_a_list_is_got():
    for question, verb in ((b"question", b"POST"), (None, b"GET")):
        with answering(lambda peer: peer.sendall(HEAD + b"Content-Length: 6\r\n\r\nanswer")) as (url, asked):
            assert exchange(url, maximum=6, question=question) == b"answer"
        assert asked[0].startswith(verb + b" /ocsp?a=b HTTP/1.1\r\n")
        assert (b"Content-Type: application/ocsp-request" in asked[0]) is bool(question)
        assert asked[0].endswith(question or b"\r\n\r\n")


def flood(peer: socket.socket) -> None:
    peer.sendall(HEAD + b"\r\n")
    while True:
        peer.sendall(bytes(4096))


@pytest.mark.parametrize(
    "answer",
    [flood, lambda peer: peer.sendall(HEAD + b"Content-Length: 1001\r\n\r\n" + bytes(1001))],
    ids=["endless", "announced"],
)
def test_too_large_is_cut_off(answer):
    with answering(answer) as (url, _):
        assert failure(url) == "too-large"


def drip(first: bytes) -> Callable[[socket.socket], None]:
    def answer(peer: socket.socket) -> None:
        peer.sendall(first)
        stopped = threading.Event()
        while not stopped.wait(0.1):
            peer.sendall(b"x")

    return answer


@pytest.mark.parametrize(
    "answer",
    [drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), drip(HEAD + b"\r\n"), lambda peer: peer.recv(1)],
    ids=["header", "body", "silent"],
)
def test_too_slow_is_cut_off(answer):
    with answering(answer) as (url, _):
        assert failure(url, seconds=0.5) == "too-slow"


def test_a_redirect_leads_nowhere():
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(lambda peer: peer.sendall(moved)) as (url, _):
        assert failure(url) == "refused"


@pytest.mark.parametrize("said", [b"", b"junk\r\n\r\n", HEAD + b"Content-Length: 9\r\n\r\nshort"])
def test_half_an_answer_is_none(said):
    with answering(lambda peer: peer.sendall(said)) as (url, _):
        assert failure(url) == "unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_this_machine_is_asked_nothing(settings, host):
    settings.PLI_LOOPBACK_RESPONDERS = False
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert failure(f"http://{host}:{listener.getsockname()[1]}/") == "address-refused"
        with listener.accept()[0] as connection:
            assert connection.recv(1) == b""


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/") == "unreachable"
