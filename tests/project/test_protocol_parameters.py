"""docs/PROTOCOL.md names every parameter a method takes, whether it may be left out, and how often a page may ask.

Somebody who writes another bridge, or another page, has nothing but that page.
"""

import inspect
import re
from pathlib import Path

import pytest

from bridge.budgets import WINDOWS
from bridge.protocol import Shape
from bridge.schemas import METHODS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "PROTOCOL.md").read_text("utf-8")
TABLE = DOCUMENT.split("\n## Methods\n")[1]
OPENING, CLOSING = "{[(", "}])"


def documented(method: str) -> set[str]:
    """The names between the outermost braces of its second column; `?` ends one that may be left out."""
    row = re.search(rf"^\| `{re.escape(method)}` \| (.*?)(?<!\\) \| ", TABLE, re.MULTILINE)
    assert row, method
    inside = row[1].split("`; ")[0].partition("{")[2].rpartition("}")[0]
    return {member.strip().partition(":")[0] for member in parted(inside) if member.strip()}


def parted(text: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in OPENING) - (sign in CLOSING)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def taken(shape: Shape) -> set[str]:
    """The names `record` was given."""
    known = inspect.getclosurevars(shape).nonlocals
    return set(known["required"]) | {f"{name}?" for name in known["members"].keys() - known["required"].keys()}


@pytest.mark.parametrize("method", METHODS)
def test_document_names_every_parameter_and_no_other(method: str) -> None:
    assert documented(method) == taken(METHODS[method])


def test_document_names_every_budget() -> None:
    said = DOCUMENT.split("Budgets per mailbox and origin: ")[1].split("RATE_LIMITED")[0]
    named = re.findall(r"([\d,]+)/(min|h)", said)
    spent = [
        (f"{uses:,}", {60: "min", 3600: "h"}[seconds]) for windows in WINDOWS.values() for seconds, uses in windows
    ]
    assert named == spent
