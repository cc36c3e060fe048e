"""`pli-bridge stop`: the running bridge says goodbye to its pages and ends."""

import argparse
import os
import time
from pathlib import Path

from bridge.commands import add_policy
from bridge.control import NotRunning, ask
from bridge.instance import AlreadyRunning, lock_state
from bridge.policy import load_policy

configure = add_policy
_SECONDS = 10.0


def run(arguments: argparse.Namespace) -> int:
    """Raises NotRunning where there is nothing to stop."""
    stop_and_wait(load_policy(arguments.policy).state)
    return 0


def stop_and_wait(state: Path) -> None:
    """Return once the bridge has let its state folder go: it writes there to the last. Raises NotRunning."""
    ask(state, "stop")
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            os.close(lock_state(state))
        except AlreadyRunning:
            time.sleep(0.05)
        else:
            return
    raise NotRunning("the bridge was told to stop and has not ended yet")
