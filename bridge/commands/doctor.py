"""`pli-bridge doctor`: what is well between this computer and the card, what is not, and the next step."""

import argparse
import sys

from bridge.commands import add_policy
from bridge.doctor.findings import findings
from bridge.doctor.surroundings import look
from bridge.doctor.words import lines
from bridge.prompts.wording import Wording

configure = add_policy


def run(arguments: argparse.Namespace) -> int:
    """1 where something is not well."""
    language = Wording().language
    found = list(findings(look(arguments.policy)))
    sys.stdout.write("".join(f"{line}\n" for one in found for line in lines(one, language)))
    return 0 if all(one.good for one in found) else 1
