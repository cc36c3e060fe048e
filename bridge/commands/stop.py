"""`pli-bridge stop`: the running bridge says goodbye to its pages and ends."""

import argparse

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    ask(load_policy(arguments.policy).state, "stop")
    return 0
