"""`pli-bridge pin`: the state of each card's PIN; change it; use a last try; what to do with a locked card.

Asks nothing itself: the running bridge asks in its own window. An unblocking code (PUK) is never asked for.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy
from bridge.prompts.outcomes import DONE, outcome_text
from bridge.prompts.wording import Wording

_PERSON_SECONDS = 900.0  # several dialogs, each with its own end
_COULD_NOT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--change", nargs="?", type=int, const=0, metavar="CARD", help="change the PIN of a card")
    what.add_argument("--last-try", nargs="?", type=int, const=0, metavar="CARD", help="use the one try that is left")


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    words = Wording(policy.prompt.language)
    cards = ask(policy.state, "pin-status")
    verb, number = ("pin-change", arguments.change) if arguments.last_try is None else ("last-try", arguments.last_try)
    if number is None:
        _say("\n\n".join(describe(cards, words)) or words["no-card"])
        return 0
    chosen = _choose(cards, number)
    if chosen is None:
        _say(words["which-card"] if cards else words["no-card"])
        return _COULD_NOT
    done = ask(policy.state, verb, seconds=_PERSON_SECONDS, card=chosen["card"])
    _say(words[outcome_text(done["result"])])
    return 0 if done["result"] in DONE else _COULD_NOT


def describe(cards: Sequence[Mapping[str, Any]], words: Wording) -> list[str]:
    """A paragraph per card: which it is, its state, and the next step."""
    several = len(cards) > 1
    return [_paragraph(number, card, words, several=several) for number, card in enumerate(cards, start=1)]


def _paragraph(number: int, card: Mapping[str, Any], words: Wording, *, several: bool) -> str:
    next_step = _next_step(card["state"], words, f" {number}" if several else "")
    tries = words["unknown"] if card["tries"] is None else str(card["tries"])
    lines = [
        f"{number}. {card['label']} · {card['reader']}",
        f"   {words['tries']}{words['colon']}{tries}. {words['card-' + card['state']]}",
        *([f"   {words['card-pinpad']}"] if card["pinpad"] else []),
        *([f"   {next_step}"] if next_step else []),
    ]
    return "\n".join(lines)


def _next_step(state: str, words: Wording, which: str) -> str:
    """The sentences end with the command, and `which` with the card's number where it wants one."""
    if state == "pin-locked":
        return words["unblocking"]
    return words[f"card-{state}-next"] + which if state in {"ready", "last-try"} else ""


def _choose(cards: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any] | None:
    """The card of that number, counted from 1; 0 is the only card."""
    if number == 0:
        return cards[0] if len(cards) == 1 else None
    return cards[number - 1] if 0 < number <= len(cards) else None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
