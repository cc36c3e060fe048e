"""The methods that wait for the vault alone: keys of objects and of messages, asked for by the hundred and answered on the loop itself."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.bench import Bench
from bridge.cms import algorithms
from bridge.cms.errors import CmsError
from bridge.cms.unwrapping import is_message_seal
from bridge.desk import Caller
from bridge.protocol import RpcError

_WITH_MESSAGES = frozenset({"pack", "cek", "draft"})  # what these hold would open messages that no limit counts
_NAMES_USED_KEYS = ("cek", "once")  # no object, and opens nothing; each encrypted message is read with it


@dataclass(frozen=True)
class AskVault:
    """What a swift method wants of the vault, and the page's result made of the answer."""

    method: str
    params: dict[str, Any] = field(repr=False)
    result: Callable[[Any], Any]


def storage_keys(bench: Bench, caller: Caller, handle: str, items: list[dict[str, str]]) -> AskVault:
    """`storage.keys`. Raises RpcError HANDLE_UNKNOWN, KEY_USE_DENIED, RATE_LIMITED."""
    mailbox = bench.mailboxes.get(caller, handle)
    if mailbox.messages and any(map(_opens_messages, items)):
        raise RpcError("KEY_USE_DENIED", reason="session-limit")
    bench.budgets.spend(mailbox.mailbox_id, caller.origin, "object", len(items))
    wanted = [[item["class"], item["id"], item.get("epoch")] for item in items]
    return AskVault("object_keys", {"handle": handle, "items": wanted}, lambda keys: {"keys": keys})


def _opens_messages(item: dict[str, str]) -> bool:
    return item["class"] in _WITH_MESSAGES and (item["class"], item["id"]) != _NAMES_USED_KEYS


def unwrap(bench: Bench, caller: Caller, handle: str, class_: str, items: list[dict[str, Any]]) -> AskVault:
    """`key.unwrap`. Raises RpcError HANDLE_UNKNOWN, INVALID_PARAMS, KEY_USE_DENIED, RATE_LIMITED."""
    mailbox = bench.mailboxes.get(caller, handle)
    _check_content_algorithms(items)
    if class_ == "message" and mailbox.messages:
        bench.budgets.spend_session(handle, *_seals_and_layers(items), mailbox.messages)
    bench.budgets.spend(mailbox.mailbox_id, caller.origin, "summary" if class_ == "summary" else "message", len(items))
    params = {"handle": handle, "item_class": class_, "items": items}
    return AskVault("unwrap", params, lambda keys: {"items": [{"cek": key} for key in keys]})


def _seals_and_layers(items: list[dict[str, Any]]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The digests of what asks for the key of a stored message, and of what asks for one inside."""
    infos = {hashlib.sha256(item["recipientInfo"]).digest(): item["recipientInfo"] for item in items}
    seals = frozenset(digest for digest, info in infos.items() if is_message_seal(info))
    return seals, frozenset(infos) - seals


def _check_content_algorithms(items: list[dict[str, Any]]) -> None:
    """The length of an answer follows from the content algorithm, so that one must be known. Raises RpcError."""
    for position, item in enumerate(items):
        try:
            algorithms.content_algorithm(item["contentAlgorithm"])
        except CmsError:
            raise RpcError("INVALID_PARAMS", member=f"items[{position}].contentAlgorithm") from None
