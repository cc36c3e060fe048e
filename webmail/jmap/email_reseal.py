"""Email/reseal: the seal of stored messages replaced by another of the same content (docs/API.md).

Marking a message as confidential, taking the mark away, and putting old messages under a newer key are this one thing.
"""

from typing import Any

from webmail.domain import reseal, trace
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.reseal import NewSeal
from webmail.domain.trace import Act
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import ACCOUNT, arguments, identifier, json_object, reference, state
from webmail.jmap.standard import Object, SetRun
from webmail.models import Message
from webmail.schema import Optional, Record, binary, boolean, integer, mapping, nullable

MAX_SUMMARY = 8 * 1024
NEW_SEAL = Record(
    {
        "former": identifier,
        "blobId": identifier,
        "confidential": boolean,
        "sealedSummary": Optional(nullable(binary(MAX_SUMMARY))),
        "epoch": Optional(nullable(integer(1))),
    }
)


def reseal_(call: Call, wanted: Arguments) -> Answer:
    """Email/reseal. What is marked, unmarked or moved to another key is one line of the trace each kind and call."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.EMAIL, wanted["ifInState"])
    run = SetRun(call, {**wanted, "create": None, "destroy": None})
    done: dict[Act, list[str]] = {}

    def change(message_id: str, values: Object) -> Object:
        was = (
            Message.objects.filter(account_id=account_id, id=message_id).values_list("confidential", flat=True).first()
        )
        row = reseal.replace_seal(account_id, _seal(message_id, NEW_SEAL(values)), call.scope(Right.MANAGE))
        done.setdefault(_act(was=bool(was), now=row.confidential), []).append(message_id)
        return {"size": row.size, "epoch": row.epoch}

    run.update(change)
    for act, ids in done.items():
        single = {"object_id": ids[0]} if len(ids) == 1 else {}
        trace.record(account_id, act, call.caller, account=call.account, count=len(ids), message_ids=ids, **single)
    return run.answer(old_state, state_of(account_id, Kind.EMAIL))


def _seal(message_id: str, values: dict[str, Any]) -> NewSeal:
    return NewSeal(
        message_id=message_id,
        former=values["former"],
        blob_id=values["blobId"],
        confidential=values["confidential"],
        summary=values["sealedSummary"] or b"",
        epoch=values["epoch"],
    )


def _act(*, was: bool, now: bool) -> Act:
    if was == now:
        return Act.RESEALED
    return Act.CONCEALED if now else Act.REVEALED


METHODS = {
    "Email/reseal": Method(
        KEYS,
        arguments(ACCOUNT, {"ifInState": Optional(nullable(state)), "update": mapping(reference, json_object, 10_000)}),
        reseal_,
        Right.MANAGE,
    )
}
