"""`pli-bridge unpair URL`: forget a site; its pages lose the bridge at once and have to pair anew."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.commands.words import told
from bridge.control import ask
from bridge.policy import load_policy


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the address of the site, as `pairings` lists it")
    add_policy(parser)


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    removed = ask(policy.state, "unpair", origin=arguments.url)["removed"]
    sentence = "Forgotten: {origin}" if removed else "No page of this site was paired."
    sys.stdout.write(told(sentence, policy.prompt.language, origin=removed) + "\n")
    return 0 if removed else 1
