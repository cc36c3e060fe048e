"""`pli-bridge pairings`: which browsers of which sites are paired, since when, and when they last came."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.commands.words import told
from bridge.control import ask
from bridge.policy import load_policy

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    language = policy.prompt.language
    pages = ask(policy.state, "pairings")
    for page in pages:
        line = (
            page["origin"],
            page["browser"] or "-",
            told("since {day}", language, day=page["created"][:10]),
            told("last used {day}", language, day=page["used"][:10]),
        )
        sys.stdout.write("\t".join(line) + "\n")
    if not pages:
        sys.stdout.write(told("No site is paired.", language) + "\n")
    return 0
