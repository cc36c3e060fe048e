"""`pli-bridge report`: what somebody who helps needs to know of this bridge; no names, numbers, addresses or PINs."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy

_CARD_SECONDS = 30.0  # every module is asked what lies there

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    sys.stdout.write(ask(load_policy(arguments.policy).state, "report", seconds=_CARD_SECONDS)["report"])
    return 0
