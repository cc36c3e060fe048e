"""JMAP over HTTP: session, API, upload and download (RFC 8620 §2, §3.1, §6)."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webmail.domain import access, blobs, serve
from webmail.domain.access import Right
from webmail.domain.caller import Caller, caller_of
from webmail.domain.errors import AccessDenied, MessageLimit, NotFound, OverQuota, TooLarge
from webmail.jmap import capabilities
from webmail.jmap.errors import RequestError
from webmail.jmap.methods import dispatcher
from webmail.jmap.session import session_object, session_state
from webmail.origins import allowed

CHUNK = 256 * 1024
PROBLEM_TYPE = "application/problem+json"
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
View = Callable[..., HttpResponseBase]


def for_person(view: View) -> View:
    """Only for a logged-in person, and only from our own pages; the view gets the caller as second argument."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, **arguments: str) -> HttpResponseBase:
        caller = caller_of(request.session, request.META.get("REMOTE_ADDR"))
        if caller is None:
            return JsonResponse({"error": "session-expired"}, status=401)
        if not _own_page(request):
            return JsonResponse({"error": "origin-refused"}, status=403)
        try:
            return view(request, caller, **arguments)
        except RequestError as error:
            return JsonResponse(error.problem(), status=error.status, content_type=PROBLEM_TYPE)
        except (NotFound, AccessDenied):
            return JsonResponse({"error": "not-found"}, status=404)
        except MessageLimit as error:
            return JsonResponse({"error": error.code, "limit": error.limit}, status=403)

    return guarded


def _own_page(request: HttpRequest) -> bool:
    origin = f"{request.scheme}://{request.get_host()}"
    return allowed(origin) and request.headers.get("Origin", origin) == origin


@require_http_methods(["GET"])
@for_person
def session(request: HttpRequest, caller: Caller) -> HttpResponse:
    """`GET /.well-known/jmap`."""
    scheme = "wss" if request.is_secure() else "ws"
    return JsonResponse(session_object(caller, f"{scheme}://{request.get_host()}/jmap/ws"))


@require_POST
@for_person
def api(request: HttpRequest, caller: Caller) -> HttpResponse:
    """`POST /jmap/api`."""
    if request.content_type != "application/json":
        raise RequestError("notJSON")
    body = request.read(capabilities.MAX_SIZE_REQUEST + 1)
    return JsonResponse(dispatcher.answer_bytes(body, caller, session_state(caller)))


@require_POST
@for_person
def upload(request: HttpRequest, caller: Caller, account_id: str) -> HttpResponse:
    """`POST /jmap/upload/{accountId}`: ciphertext, kept for a day until something refers to it."""
    access.require(caller, account_id, Right.WRITE)
    data = request.read(capabilities.MAX_SIZE_UPLOAD + 1)
    if len(data) > capabilities.MAX_SIZE_UPLOAD:
        raise RequestError("limit", 413, limit="maxSizeUpload")
    try:
        blob = blobs.upload(account_id, data)
    except TooLarge as error:
        raise RequestError("limit", 413, limit="maxSizeUpload") from error
    except OverQuota as error:
        raise RequestError("limit", 507, limit="quota") from error
    # What it is, is sealed: the type a client claims is not kept (RFC 8620 §6.1 lets the server decide).
    answer = {"accountId": account_id, "blobId": blob.id, "type": "application/octet-stream", "size": blob.size}
    return JsonResponse(answer, status=201)


@require_http_methods(["GET", "HEAD"])
@for_person
def download(request: HttpRequest, caller: Caller, account_id: str, blob_id: str) -> HttpResponseBase:
    """`GET /jmap/download/{accountId}/{blobId}`: always opaque bytes, whatever type is asked for; one range is served."""
    source, size = serve.open_blob(caller, account_id, blob_id)
    start, end = _range(request.headers.get("Range", ""), size)
    source.seek(start)
    response = _streaming(request, source, end - start)
    if (start, end) != (0, size):
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - start)
    response["Content-Disposition"] = "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response


def _range(header: str, size: int) -> tuple[int, int]:
    """The first and the past-the-last byte; a range that cannot be served is ignored (RFC 9110 §14.2)."""
    found = _RANGE.fullmatch(header)
    if not found or int(found[1]) >= size:
        return 0, size
    end = int(found[2]) + 1 if found[2] else size
    return (int(found[1]), min(end, size)) if end > int(found[1]) else (0, size)


def _streaming(request: HttpRequest, source: IO[bytes], length: int) -> StreamingHttpResponse:
    pieces = _pieces(source, length)
    content = _later(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type="application/octet-stream")


def _pieces(source: IO[bytes], length: int) -> Iterator[bytes]:
    with source:
        while length > 0 and (piece := source.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


async def _later(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces for an ASGI server, each read in a thread."""
    read = sync_to_async(lambda: next(pieces, None))
    while (piece := await read()) is not None:
        yield piece
