"""One JMAP request from its bytes to its response (RFC 8620 §3.3 to §3.6), whatever carried it: HTTP or websocket."""

import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webmail.domain import access
from webmail.domain.access import Account, Right
from webmail.domain.caller import Caller
from webmail.domain.errors import AccessDenied, CannotCalculateChanges, StepUpRequired
from webmail.domain.scope import Scope
from webmail.jmap import capabilities
from webmail.jmap.errors import MethodError, RequestError
from webmail.jmap.references import Response, resolve_arguments
from webmail.schema import Optional, Record, SchemaError, Shape, anything, mapping, sequence, text

logger = logging.getLogger(__name__)

Arguments = dict[str, Any]
Answer = dict[str, Any]

type_of_request = Record(
    {
        "@type": Optional(text()),  # RFC 8887 §4.3.1 puts these two into requests over the websocket.
        "id": Optional(text()),
        "using": sequence(text(), 32),
        "methodCalls": sequence(anything, 10_000),
        "createdIds": Optional(mapping(text(), text(), 1000)),
    }
)


@dataclass
class Call:
    """What a method knows besides its arguments: who asks, what was created before, and what else it wants to answer.

    `account` is the mailbox the method named, as the caller may use it now; a method without a right has none.
    """

    caller: Caller
    created_ids: dict[str, str]
    named: Account | None = None
    implicit: list[tuple[str, Answer]] = field(default_factory=list)

    @property
    def person_id(self) -> str:
        """Who asks."""
        return self.caller.person_id

    @property
    def account(self) -> Account:
        """The mailbox; only for methods with a right."""
        if self.named is None:
            raise MethodError("serverFail")
        return self.named

    def scope(self, right: Right = Right.READ) -> Scope:
        """How far the caller's right reaches in that mailbox."""
        return self.account.scope(right)


@dataclass(frozen=True)
class Method:
    """A JMAP method: the capability that brings it, the shape of its arguments, the function that answers, and the right
    it needs on the mailbox named by `accountId` (None: it names no mailbox).
    """

    capability: str
    shape: Shape
    run: Callable[[Call, Arguments], Answer]
    right: Right | None = Right.READ
    step_up: bool = False  # whether a card or passkey must have been shown just now


class Dispatcher:
    """Runs the method calls of a request against a table of methods."""

    def __init__(self, methods: dict[str, Method]) -> None:
        self.methods = methods

    def answer_bytes(self, body: bytes, caller: Caller, session_state: str) -> Answer:
        """Answer a request still in its bytes; raises `RequestError`."""
        if len(body) > capabilities.MAX_SIZE_REQUEST:
            raise RequestError("limit", 413, limit="maxSizeRequest")
        return self.answer(_parse_json(body), caller, session_state)

    def answer(self, request: Any, caller: Caller, session_state: str) -> Answer:
        """Answer a parsed request; raises `RequestError` when it is refused as a whole."""
        try:
            checked = type_of_request(request)
        except SchemaError as error:
            raise RequestError("notRequest") from error
        _check_using(checked["using"])
        if len(checked["methodCalls"]) > capabilities.MAX_CALLS_IN_REQUEST:
            raise RequestError("limit", 413, limit="maxCallsInRequest")
        calls = [_checked_invocation(call) for call in checked["methodCalls"]]
        created_ids = dict(checked["createdIds"] or {})
        responses = self._run_all(calls, set(checked["using"]), caller, created_ids)
        answer: Answer = {"methodResponses": responses, "sessionState": session_state}
        if checked["createdIds"] is not None:
            answer["createdIds"] = created_ids
        return answer

    def _run_all(
        self, calls: list[Response], using: set[str], caller: Caller, created_ids: dict[str, str]
    ) -> list[Response]:
        responses: list[Response] = []
        for name, arguments, call_id in calls:
            call = Call(caller, created_ids)
            try:
                resolved = resolve_arguments(arguments, responses)
                responses.append((name, self._run(call, name, resolved, using), call_id))
                responses.extend((implicit, answer, call_id) for implicit, answer in call.implicit)
            except MethodError as error:
                responses.append(("error", error.arguments(), call_id))
        return responses

    def _run(self, call: Call, name: str, arguments: Arguments, using: set[str]) -> Answer:
        method = self.methods.get(name)
        if method is None or method.capability not in using:
            raise MethodError("unknownMethod")
        try:
            checked = method.shape(arguments, "")
        except SchemaError as error:
            raise MethodError("invalidArguments", arguments=[error.path]) from error
        if method.right is not None:
            call.named = _require(call.caller, checked["accountId"], method.right)
        if method.step_up:
            _require_fresh_proof(call.caller)
        return _guarded(method, name, call, checked)


def _guarded(method: Method, name: str, call: Call, arguments: Arguments) -> Answer:
    try:
        return method.run(call, arguments)
    except MethodError:
        raise
    except CannotCalculateChanges as error:
        raise MethodError("cannotCalculateChanges") from error
    except StepUpRequired as error:
        raise MethodError("stepUpRequired") from error
    except Exception as error:  # RFC 8620 §3.6.2: one failing call must not take the others with it.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        # The message of an unknown exception may quote content, so only its class and place are logged.
        logger.error("%s failed: %s at %s:%s", name, type(error).__name__, frame.filename, frame.lineno)  # noqa: TRY400
        raise MethodError("serverFail") from error


def _require(caller: Caller, account_id: str, right: Right) -> Account:
    """A mailbox the caller may not read does not exist for him."""
    try:
        return access.require(caller, account_id, right)
    except AccessDenied as error:
        code = "forbidden" if _may_read(caller, account_id) else "accountNotFound"
        raise MethodError(code) from error


def _require_fresh_proof(caller: Caller) -> None:
    try:
        caller.require_fresh_proof()
    except StepUpRequired as error:
        raise MethodError("stepUpRequired") from error


def _may_read(caller: Caller, account_id: str) -> bool:
    try:
        access.require(caller, account_id, Right.READ)
    except AccessDenied:
        return False
    return True


def _check_using(using: list[str]) -> None:
    known = set(capabilities.server_capabilities(""))
    if any(name not in known for name in using):
        raise RequestError("unknownCapability")


def _checked_invocation(value: Any) -> Response:
    match value:
        case [str(name), dict(arguments), str(call_id)]:
            return name, arguments, call_id
    raise RequestError("notRequest")


def _parse_json(body: bytes) -> Any:
    """I-JSON (RFC 7493): UTF-8, no duplicate member, no NaN."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique_members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError("notJSON") from error


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)
