"""When two readers of one sample disagree, and the few classes in which they may, each with its reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError, LimitExceeded
from bridge.cms.recipient_infos import parse_recipient_info

_LISTED = 20
_LINE_ENDS = (b"\0", b"\r", b"\n")
# Node 20 reads these characters of windows-1252 as controls (nodejs/node#60888); browsers, where mail is opened, do not.
_CONTROLS_IN_NODE = dict.fromkeys(map(ord, bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")), " ")

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fuzz.process import Reading


def same_everything(sample: bytes, python: Reading, node: Reading) -> str:
    """Every fact is the same; numbers may come as text."""
    return _difference("", python.facts, node.facts)


def _difference(path: str, one: Any, other: Any) -> str:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next(filter(None, (_difference(f"{path}.{name}", one[name], other[name]) for name in one)), "")
    if one == other or (isinstance(one, int) and str(one) == other):
        return ""
    return f"{path or 'all'}: python {one!r:.200} node {other!r:.200}"


def same_channel(sample: bytes, python: Reading, node: Reading) -> str:
    """What a page sees is the same on both sides. JSON.parse lets a member come twice, and takes the last."""
    seen = {name: python.facts[name] for name in node.facts}
    repeated = {name for name in seen if seen[name] is None and node.facts[name] is not None and _repeats(sample)}
    compared = seen.keys() - repeated
    return _difference("", *({name: facts[name] for name in sorted(compared)} for facts in (seen, node.facts)))


def _repeats(sample: bytes) -> bool:
    """Whether a JSON object names a member twice."""
    pairs: list[tuple[str, Any]] = []
    try:
        json.loads(sample, object_pairs_hook=pairs.extend)
    except (ValueError, RecursionError):
        return False
    return len(dict(pairs)) < len(pairs)


def same_layer(sample: bytes, python: Reading, node: Reading) -> str:
    """As above, but what nobody opens may be refused sooner by one than by the other.

    The page lets pass what mail leaves behind a file, line ends and zeros; what Python gets is cut to its length before. The bridge
    reads a RecipientInfo alone and within limits of its own: a giant one stays closed there. A
    signature counts where the page reads its certificate and the bridge validates it, so where both read it.
    """
    one, other = python.facts, node.facts
    if sample.endswith(_LINE_ENDS) and one != other:
        return ""
    compared = {"enveloped", "signed", "compressed"}
    closed = not _opens(one["enveloped"]) and not _opens(other["enveloped"])
    if closed or _has_giant(sample):
        compared.discard("enveloped")
    if _unread(one["signed"], other["certificates"]) or _unread(other["signed"], one["certificates"]):
        compared.discard("signed")
    return _difference("", *({name: facts[name] for name in sorted(compared)} for facts in (one, other)))


def _has_giant(sample: bytes) -> bool:
    """Whether a recipient is larger than the bridge takes alone."""
    try:
        for recipient in parse_enveloped(sample).recipients:
            parse_recipient_info(recipient.der)
    except LimitExceeded:
        return True
    except CmsError:
        return False
    return False


def _unread(signers: list[dict[str, Any]] | None, certificates: list[str] | None) -> bool:
    """Whether a signer's certificate is none of those that the other reader could read."""
    return certificates is not None and any(one["certificate"] not in certificates for one in signers or [])


def _opens(layer: Mapping[str, Any] | None) -> bool:
    return layer is not None and layer["content"] is not None


def same_certificate(sample: bytes, python: Reading, node: Reading) -> str:
    """As above where both read it: to count, a certificate has to be read by the page and validated by the bridge.

    Of an RSA key whose NULL is left out Python hashes the usual writing, so that a pin to it fails, and does not open.
    A certificate with an extension that Python cannot read certifies no address there.
    """
    if python.facts is None or node.facts is None:
        return ""
    one, other = (
        {name: fact for name, fact in facts.items() if name != "spki"} for facts in (python.facts, node.facts)
    )
    if not one["emails"]:
        other["emails"] = []
    return _difference("", one, other)


def same_grant(sample: bytes, python: Reading, node: Reading) -> str:
    """As above where a reader opens it: what opens nothing may be refused sooner by one than by the other."""
    if not any(reading.facts and reading.facts["storageKey"] for reading in (python, node)):
        return ""
    return _difference("", python.facts, node.facts)


def same_papers(sample: bytes, python: Reading, node: Reading) -> str:
    """What a hash in the log stands for is the same to both, and both or neither read it; the others where both do."""
    one, other = python.facts, node.facts
    compared = {name for name in other if name in ("body", "binding", "entry") or (one[name] and other[name])}
    return _difference("", *({name: facts[name] for name in sorted(compared)} for facts in (one, other)))


def same_fields(sample: bytes, python: Reading, node: Reading) -> str:
    """The row the server made at delivery, and what the page reads of the same outer fields.

    A message over a limit is refused by opening, whatever its row could say.
    """
    row, page = python.facts, node.facts
    if "quarantined" in row or page is None:
        return ""
    for name in ("from", "to", "cc"):
        if _misled([one["address"] for one in row[name]], [one["address"] for one in page[name]]):
            return f"{name}: python {row[name]!r:.300} node {page[name]!r:.300}"
    if _line(page["subject"])[: len(_line(row["subject"]))] != _line(row["subject"]):
        return f"subject: python {row['subject']!r:.200} node {page['subject']!r:.200}"
    return ""


def _misled(listed: list[str], shown: list[str]) -> bool:
    """Whether opening shows another address than the list did.

    What can be read in two ways, one of the two may refuse: the page with a notice, Python's `email` by an empty list. The row
    of a list shows twenty at most, so that a full one may have left out what opening shows. Opening decides, and what is answered
    is what opening shows.
    """
    if not listed or len(listed) == _LISTED:
        return False
    left = iter(listed)
    return not all(any(_same_address(one, other) for other in left) for one in shown)


def _same_address(one: str, other: str) -> bool:
    """Quotes around a local part, and the case of a domain, are one writing of several."""
    return one.lower().replace('"', "") == other.lower().replace('"', "")


def _line(text: str) -> str:
    """On one line; the page leaves out controls."""
    return " ".join("".join(one if one.isprintable() else " " for one in text.translate(_CONTROLS_IN_NODE)).split())
