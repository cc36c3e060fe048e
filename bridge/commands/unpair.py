"""`pli-bridge unpair URL`: forget a site; its pages lose the bridge at once and have to pair anew."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the address of the site, as `pairings` lists it")
    add_policy(parser)


def run(arguments: argparse.Namespace) -> int:
    removed = ask(load_policy(arguments.policy).state, "unpair", origin=arguments.url)["removed"]
    sys.stdout.write(f"Forgotten: {removed}\n" if removed else "No page of this site was paired.\n")
    return 0 if removed else 1
