"""The frame of every JSON route: one verb, one origin, one strict shape in, one object or one code out."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from webmail.domain.errors import AccessDenied, NotFound, StepUpRequired
from webmail.schema import Record, SchemaError
from webmail.web.errors import NotHere, OriginRefused, RequestInvalid, StepUpNeeded, WebError
from webmail.web.origin import origin_of

MAX_BODY = 1_000_000  # A grant, a binding and a log entry are a few kilobytes each.
Answer = dict[str, Any]
JsonFunction = Callable[[HttpRequest, dict[str, Any]], Answer]


def json_route(shape: Record) -> Callable[[JsonFunction], Callable[[HttpRequest], HttpResponse]]:
    """Turn `function(request, checked body)` into a POST-only view that answers JSON."""

    def decorate(function: JsonFunction) -> Callable[[HttpRequest], HttpResponse]:
        @never_cache
        @wraps(function)
        def view(request: HttpRequest) -> HttpResponse:
            if request.method != "POST":
                return refusal(RequestInvalid("method-not-allowed", 405), Allow="POST")
            try:
                origin_of(request)
                return JsonResponse(function(request, shape(read_json(request), "")))
            except SchemaError as error:
                return refusal(RequestInvalid(member=error.path))
            except StepUpRequired:
                return refusal(StepUpNeeded())
            except (AccessDenied, NotFound):
                return refusal(NotHere())
            except WebError as error:
                return refusal(error)

        return view

    return decorate


def refusal(error: WebError, **headers: str) -> HttpResponse:
    """The response to a refused request."""
    return JsonResponse({"error": error.code, **error.details}, status=error.status, headers=headers)


def read_json(request: HttpRequest, maximum: int = MAX_BODY) -> Any:
    """The parsed body; raises `RequestInvalid`. Only `application/json`, which no cross-site form can send."""
    body = read_body(request, maximum)
    if request.content_type != "application/json":
        raise RequestInvalid(status=415)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestInvalid from error


def read_body(request: HttpRequest, maximum: int) -> bytes:
    """The body, at most `maximum` bytes; raises `RequestInvalid` with 413."""
    body = request.read(maximum + 1)
    if len(body) > maximum:
        raise RequestInvalid(status=413)
    return body


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: the same JSON refusal as for a foreign origin."""
    del request, reason
    return refusal(OriginRefused())
