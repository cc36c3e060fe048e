"""A JMAP request that came over a websocket: the same answer, in the frame of RFC 8887 §4.3."""

import json
from typing import Any

from webmail.domain.caller import Caller
from webmail.jmap.errors import RequestError
from webmail.jmap.methods import dispatcher
from webmail.jmap.session import session_state


def answer_message(body: bytes, caller: Caller) -> dict[str, Any]:
    """The Response object, or the RequestError object; both name the request's id."""
    try:
        answer = dispatcher.answer_bytes(body, caller, session_state(caller))
        return {"@type": "Response", "requestId": _id_of(body), **answer}
    except RequestError as error:
        return {"@type": "RequestError", "requestId": _id_of(body), **error.problem()}


def _id_of(body: bytes) -> str | None:
    try:
        id_ = json.loads(body).get("id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return id_ if isinstance(id_, str) else None
