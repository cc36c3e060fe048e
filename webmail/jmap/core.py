"""Core/echo (RFC 8620 §4)."""

from webmail.jmap.capabilities import CORE
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.schema import anything


def echo(call: Call, arguments: Arguments) -> Answer:
    """Answer with the very arguments given."""
    del call
    return arguments


METHODS = {"Core/echo": Method(CORE, anything, echo, right=None)}
