"""Looks at this computer: the policy, the running bridge by its control socket, and who listens on its ports."""

import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bridge.control import NotRunning, ask
from bridge.doctor.findings import CardSeen, Running, Surroundings
from bridge.errors import PolicyRefused
from bridge.policy import Policy, find_policy, load_policy

_LOOK_SECONDS = 20.0  # every module is asked what lies on the desk


def look(file: Path | None) -> Surroundings:
    """Never raises for what is wrong here: that is what it is for."""
    try:
        policy = load_policy(file)
    except PolicyRefused as error:
        return Surroundings(refusal=str(error))
    running = _running(policy)
    taken = () if running else tuple(_taken(policy.ports))
    return Surroundings(str(file or find_policy() or ""), "", running, taken, len(policy.ports))


def _running(policy: Policy) -> Running | None:
    try:
        found = ask(policy.state, "examine", _LOOK_SECONDS)
    except NotRunning:
        return None
    return _read(found)


def _read(found: Mapping[str, Any]) -> Running:
    return Running(
        port=found["port"],
        version=found["version"],
        sites=found["sites"],
        modules=found["modules"],
        readers=found["readers"],
        cards=[CardSeen(card["label"], card["state"]) for card in found["cards"]],
        why_none=found["whyNone"],
        help=found["help"],
        holder=found["process"],
    )


def _taken(ports: Iterable[int]) -> Iterable[int]:
    """Ports on which something answers."""
    for port in ports:
        with socket.socket() as knocking:
            knocking.settimeout(0.5)
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                yield port
