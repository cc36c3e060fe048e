"""What a StateChange says (RFC 8620 §7.1): the state strings of an account's types, and nothing else."""

from functools import lru_cache
from typing import Any

from webmail.domain import change
from webmail.domain.change import Kind

# Types that share the state of another: a thread is its messages, grants and log entries change with the keys.
FOLLOWERS = {
    Kind.EMAIL: ("Thread",),
    Kind.KEY: ("Grant", "MembershipLog"),
    Kind.MEMBER: ("Invitation", "Duty", "RecoveryRequest"),
}


@lru_cache(maxsize=4096)
def states_at(account_id: str, modseq: str) -> dict[str, str]:
    """JMAP type to state, read once per process and change however many sockets ask.

    `modseq` only names the moment: what is read may already be newer, never older. Raises NotFound.
    """
    del modseq
    states: dict[str, str] = {}
    for kind, state in change.states(account_id).items():
        states |= dict.fromkeys((kind.value, *FOLLOWERS.get(kind, ())), state)
    return states


def state_change(changed: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The StateChange object as the page receives it over the websocket (RFC 8887 §4.3.5.1)."""
    return {"@type": "StateChange", "changed": changed}
