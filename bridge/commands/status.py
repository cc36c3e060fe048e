"""`pli-bridge status`: the facts of the running bridge as JSON, or that none runs (exit code 1)."""

import argparse
import json
import sys

from bridge.commands import add_policy
from bridge.control import NotRunning, ask
from bridge.policy import load_policy

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    try:
        facts = ask(load_policy(arguments.policy).state, "status")
    except NotRunning:
        sys.stdout.write('{"running": false}\n')
        return 1
    sys.stdout.write(json.dumps({"running": True, **facts}) + "\n")
    return 0
