"""One HTTP exchange with an OCSP responder or a place of CRLs, bounded in octets and in time.

The addresses are an administrator's (`domain/revocation_sources.py`), never a certificate's. Redirects are not followed, and what
is connected to is looked at, so that a name cannot lead to this machine or its neighbours on the link.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from webmail.domain.errors import ExchangeFailed

CONNECT_SECONDS = 5
EXCHANGE_SECONDS = 30
_PORTS = {"http": 80, "https": 443}


def exchange(url: str, *, maximum: int, question: bytes | None = None, seconds: float = EXCHANGE_SECONDS) -> bytes:
    """The body of a 200 answer: to a POST of an OCSP request (RFC 6960 appendix A), or to a GET where there is no question.

    `maximum` in octets, `seconds` for the whole. Raises ExchangeFailed.
    """
    place = urlsplit(url)
    try:
        with _connected(place, seconds) as connection:
            return _answer(connection, place, maximum, question)
    except TimeoutError as error:
        raise ExchangeFailed("too-slow") from error
    except (OSError, http.client.HTTPException) as error:
        raise ExchangeFailed("unreachable") from error


def _answer(connection: http.client.HTTPConnection, place: SplitResult, maximum: int, question: bytes | None) -> bytes:
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    if question is None:
        connection.request("GET", path)
    else:
        connection.request("POST", path, question, {"Content-Type": "application/ocsp-request"})
    with connection.getresponse() as response:
        return _body(response, maximum)


def _body(response: http.client.HTTPResponse, maximum: int) -> bytes:
    if response.status != http.client.OK:
        raise ExchangeFailed("refused")
    body = response.read(maximum + 1)
    if len(body) > maximum:
        raise ExchangeFailed("too-large")
    if response.length:  # octets that were announced and did not come
        raise ExchangeFailed("unreachable")
    return body


@contextmanager
def _connected(place: SplitResult, seconds: float) -> Iterator[http.client.HTTPConnection]:
    address = (place.hostname or "", place.port or _PORTS[place.scheme])
    with socket.create_connection(address, timeout=CONNECT_SECONDS) as raw, _deadline(raw, seconds):
        _check_peer(raw)
        raw.settimeout(seconds)
        connection = http.client.HTTPConnection(place.netloc)
        connection.sock = _secured(raw, place) if place.scheme == "https" else raw
        with closing(connection):
            yield connection


def _secured(raw: socket.socket, place: SplitResult) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=place.hostname)


@contextmanager
def _deadline(raw: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up after so long, however slowly octets drip in. A copy of the handle, for TLS takes the socket over."""
    handle, expired = raw.dup(), threading.Event()

    def hang_up() -> None:
        expired.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ExchangeFailed):
        if not expired.is_set():
            raise
    finally:
        timer.cancel()
        handle.close()
    if expired.is_set():  # an answer without length looks whole when it is cut
        raise ExchangeFailed("too-slow")


def _check_peer(connected: socket.socket) -> None:
    found = ipaddress.ip_address(connected.getpeername()[0])
    address = getattr(found, "ipv4_mapped", None) or found
    if address.is_loopback and settings.PLI_LOOPBACK_RESPONDERS:
        return
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        raise ExchangeFailed("address-refused")
