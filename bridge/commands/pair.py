"""`pli-bridge pair URL`: let the page of a site pair with this bridge, for two minutes, after a question in the bridge's own window."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.control import ask
from bridge.policy import load_policy


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the address of the site, such as https://mail.example")
    add_policy(parser)


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    opened = ask(policy.state, "pair", policy.limits.prompt_seconds + 10, origin=arguments.url)
    sys.stdout.write(
        f"Now link this computer on the page of {opened['origin']}: two minutes, then compare the digits.\n"
    )
    return 0
