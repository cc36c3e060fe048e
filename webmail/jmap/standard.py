"""What `/get` and `/set` share (RFC 8620 §5.1, §5.3): ids, properties, and one object's failure leaving the others be."""

from collections.abc import Callable, Iterable
from typing import Any

from webmail.domain.errors import ActRefused, DomainError, InvalidProperties, StepUpRequired
from webmail.jmap import capabilities
from webmail.jmap.dispatch import Answer, Arguments, Call
from webmail.jmap.errors import MethodError, SetError
from webmail.schema import SchemaError

Object = dict[str, Any]


def requested_ids(call: Call, arguments: Arguments) -> list[str] | None:
    """The ids of a `/get`, creation ids resolved, each once; raises `requestTooLarge`. None stands for all."""
    if arguments["ids"] is None:
        return None
    if len(arguments["ids"]) > capabilities.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge")
    return list(dict.fromkeys(resolve(call, id_) for id_ in arguments["ids"]))


def resolve(call: Call, reference: str) -> str:
    """An id, or the id behind `#creation-id` (RFC 8620 §5.3); an unknown one stays itself and is then not found."""
    return call.created_ids.get(reference[1:], reference) if reference.startswith("#") else reference


def get_answer(arguments: Arguments, state: str, ids: list[str] | None, found: Iterable[Object]) -> Answer:
    """The answer of a `/get`: objects cut to the wanted properties, in the order asked."""
    by_id = {item["id"]: item for item in found}
    if ids is None and len(by_id) > capabilities.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge")
    order = by_id if ids is None else ids
    return {
        "accountId": arguments["accountId"],
        "state": state,
        "list": [_cut(by_id[id_], arguments["properties"]) for id_ in order if id_ in by_id],
        "notFound": [id_ for id_ in order if id_ not in by_id],
    }


def check_properties(arguments: Arguments, known: Iterable[str]) -> None:
    """Raise `invalidArguments` when a property is asked for that the type has not."""
    if not set(arguments["properties"] or ()) <= set(known):
        raise MethodError("invalidArguments", arguments=["properties"])


def _cut(item: Object, properties: list[str] | None) -> Object:
    if properties is None:
        return item
    return {name: value for name, value in item.items() if name == "id" or name in properties}


class SetRun:
    """One `/set`: runs each create, update and destroy, and gathers what became of it."""

    def __init__(self, call: Call, arguments: Arguments) -> None:
        self.call = call
        self.arguments = arguments
        size = sum(len(arguments[verb] or ()) for verb in ("create", "update", "destroy"))
        if size > capabilities.MAX_OBJECTS_IN_SET:
            raise MethodError("requestTooLarge")
        self.done: dict[str, Any] = {}

    def create(self, make: Callable[[Object], Object]) -> None:
        """Make each object; `make` returns what the server set itself, the id among it."""
        created, refused = {}, {}
        for creation_id, wanted in (self.arguments["create"] or {}).items():
            try:
                created[creation_id] = _attempt(make, wanted)
                self.call.created_ids[creation_id] = created[creation_id]["id"]
            except SetError as error:
                refused[creation_id] = error.value()
        self.done |= {"created": created or None, "notCreated": refused or None}

    def update(self, change: Callable[[str, Object], Object | None]) -> None:
        """Change each object; `change` returns what else the server changed, or None."""
        updated, refused = {}, {}
        for reference, patch in (self.arguments["update"] or {}).items():
            id_ = resolve(self.call, reference)
            try:
                updated[id_] = _attempt(change, id_, patch)
            except SetError as error:
                refused[id_] = error.value()
        self.done |= {"updated": updated or None, "notUpdated": refused or None}

    def destroy(self, destroy: Callable[[str], None]) -> None:
        """Destroy each object."""
        destroyed, refused = [], {}
        for reference in self.arguments["destroy"] or ():
            id_ = resolve(self.call, reference)
            try:
                _attempt(destroy, id_)
                destroyed.append(id_)
            except SetError as error:
                refused[id_] = error.value()
        self.done |= {"destroyed": destroyed or None, "notDestroyed": refused or None}

    def answer(self, old_state: str, new_state: str) -> Answer:
        """The answer of the `/set`."""
        return {
            "accountId": self.arguments["accountId"],
            "oldState": old_state,
            "newState": new_state,
            **{name: self.done.get(name) for name in _SET_MEMBERS},
        }


_SET_MEMBERS = ("created", "updated", "destroyed", "notCreated", "notUpdated", "notDestroyed")


def refuse_verb(*_: Any) -> Any:
    """For a verb a type does not have."""
    raise SetError("forbidden")


def _attempt(act: Callable[..., Any], *values: Any) -> Any:
    """Run one create, update or destroy; what the shapes and the domain refuse becomes its SetError."""
    try:
        return act(*values)
    except SchemaError as error:
        raise SetError("invalidProperties", properties=[error.path.split("/")[1]] if error.path else []) from error
    except InvalidProperties as error:
        raise SetError("invalidProperties", properties=list(error.properties)) from error
    except ActRefused as error:
        raise SetError(error.code, reason=error.reason) from error
    except StepUpRequired:
        raise  # of the whole method: the caller shows his card and calls again
    except DomainError as error:
        raise SetError(error.code) from error
