"""`pli-bridge pairings`: which browsers of which sites are paired, since when, and when they last came."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    pages = ask(load_policy(arguments.policy).state, "pairings")
    for page in pages:
        line = (
            page["origin"],
            page["browser"] or "-",
            f"since {page['created'][:10]}",
            f"last used {page['used'][:10]}",
        )
        sys.stdout.write("\t".join(line) + "\n")
    if not pages:
        sys.stdout.write("No site is paired.\n")
    return 0
