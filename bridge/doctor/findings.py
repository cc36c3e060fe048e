"""From what is seen of this computer to one finding per link of the chain: policy, bridge, sites, reader, card."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CardSeen:
    """A card on the desk; `state` as in `card.list`."""

    label: str
    state: str


@dataclass(frozen=True)
class Running:
    """What a running bridge says of itself. `why_none` is why no card can be used, as an error of the protocol."""

    port: int
    version: str
    sites: Sequence[str]
    modules: Mapping[str, str]
    readers: Sequence[str]
    cards: Sequence[CardSeen]
    why_none: str = ""
    help: str = ""
    holder: str = ""


@dataclass(frozen=True)
class Surroundings:
    """`refusal` is why the policy is not believed; `taken` are ports of ours on which no bridge of this person listens."""

    policy: str = ""
    refusal: str = ""
    running: Running | None = None
    taken: Sequence[int] = ()
    ports: int = 8


@dataclass(frozen=True)
class Finding:
    """`code` names the texts of `words`, `values` fill them."""

    code: str
    good: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)


def findings(seen: Surroundings) -> Iterator[Finding]:
    """Link by link; what stands behind a missing bridge cannot be seen and is left out."""
    if seen.refusal:
        yield Finding("policy-refused", values={"refusal": seen.refusal})
        return
    yield Finding("policy" if seen.policy else "policy-none", good=True, values={"policy": seen.policy})
    if seen.running is None:
        all_taken = len(seen.taken) >= seen.ports
        yield Finding("ports-taken" if all_taken else "bridge-absent", values={"ports": _list(seen.taken)})
        return
    yield Finding("bridge", good=True, values={"port": seen.running.port, "version": seen.running.version})
    yield _sites(seen.running.sites)
    yield from _cards(seen.running)


def _sites(sites: Sequence[str]) -> Finding:
    return Finding("sites", good=True, values={"sites": _list(sites)}) if sites else Finding("sites-none")


def _cards(running: Running) -> Iterator[Finding]:
    yield from (_module(name, state) for name, state in running.modules.items() if state != "ready")
    if running.readers:
        yield Finding("reader", good=True, values={"readers": _list(running.readers)})
    if not running.cards:
        yield Finding(_NO_CARD.get((running.why_none, running.help), running.why_none), values=_values(running))
    yield from (_card(card) for card in running.cards)


_NO_CARD = {("NO_READER", "pcscd"): "reader-service-stopped"}
_STATES = {"ready": "card", "pin-locked": "PIN_LOCKED", "last-try": "PIN_LAST_TRY"}


def _values(running: Running) -> Mapping[str, str]:
    return {"help": running.help, "holder": running.holder}


def _module(name: str, state: str) -> Finding:
    return Finding(f"module-{state}", good=state == "starting", values={"module": name})


def _card(card: CardSeen) -> Finding:
    code = _STATES.get(card.state, "CARD_UNSUPPORTED")
    return Finding(code, good=code == "card", values={"card": card.label})


def _list(names: Sequence[Any]) -> str:
    return ", ".join(map(str, names))
