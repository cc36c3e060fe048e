"""The LMTP conversation (RFC 2033 over RFC 5321) as a state machine without I/O: a line in, replies out.

What it needs of the world it says with an `Action`; the listener performs it and comes back. As a before-queue SMTP sink
it speaks SMTP instead: one reply after DATA, for all recipients or none.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from webmail.domain.deliver import MAX_MESSAGE, MAX_RECIPIENTS, Destination
from webmail.domain.errors import DeliveryDeferred, DeliveryRefused

MAX_LINE = 2048
_PATH = re.compile(r"<(?P<path>[^<>\s\x00-\x1f\x7f]{0,254})>(?P<parameters>( [A-Za-z0-9-]+(=[^\s=]+)?)*)")
_MALFORMED = "501 5.5.4 syntax error"
_OUT_OF_ORDER = "503 5.5.1 bad sequence of commands"


class Protocol(Enum):
    LMTP = "LHLO"
    SMTP = "EHLO"


class Action(Enum):
    REPLY = "reply"  # send `replies`, read the next line
    DATA = "data"  # send `replies`, read a message up to the lone dot, call `finish`
    CLOSE = "close"  # send `replies`, close


@dataclass
class Step:
    replies: list[str]
    action: Action = Action.REPLY


@dataclass
class Envelope:
    mail_from: str | None = None
    recipients: list[Destination] = field(default_factory=list)


class Dialogue:
    """One connection. `find` maps a recipient to its destination, raising as `deliver.destination` does; it may do I/O."""

    def __init__(
        self, find: Callable[[str], Destination], protocol: Protocol = Protocol.LMTP, name: str = "pli"
    ) -> None:
        self.find = find
        self.protocol = protocol
        self.name = name
        self.greeted = False
        self.envelope = Envelope()
        self._verbs: dict[str, Callable[[str], Step]] = {
            protocol.value: self._hello,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: Step(["250 2.0.0 ok"]),
            "VRFY": lambda _: Step(["252 2.1.5 try a delivery"]),
            "QUIT": lambda _: Step(["221 2.0.0 goodbye"], Action.CLOSE),
        }
        if protocol is Protocol.SMTP:
            self._verbs["HELO"] = self._hello

    def greeting(self) -> str:
        return f"220 {self.name} {'LMTP' if self.protocol is Protocol.LMTP else 'ESMTP'} Pli"

    def line(self, line: bytes) -> Step:
        """Answer one command line, given without its CRLF."""
        if len(line) > MAX_LINE:
            return Step(["500 5.5.6 line too long"])
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return Step(["500 5.5.2 not UTF-8"])
        verb, _, rest = text.partition(" ")
        handler = self._verbs.get(verb.upper())
        return handler(rest.strip()) if handler else Step(["500 5.5.1 command unknown"])

    def finish(self, replies: Sequence[str]) -> Step:
        """The message was taken or not: `replies` has one line for each accepted recipient, in order (RFC 2033 §4.2)."""
        self.envelope = Envelope()
        return Step(list(replies) if self.protocol is Protocol.LMTP else [_joined(replies)])

    def _hello(self, rest: str) -> Step:
        if not rest:
            return Step([_MALFORMED])
        self.greeted, self.envelope = True, Envelope()
        offered = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", f"SIZE {MAX_MESSAGE}"]
        lines = [self.name, *offered]
        return Step([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"])

    def _mail(self, rest: str) -> Step:
        if not self.greeted or self.envelope.mail_from is not None:
            return Step([_OUT_OF_ORDER])
        found = _argument(rest, "FROM:")
        if found is None:
            return Step([_MALFORMED])
        path, parameters = found
        size = parameters.get("SIZE", "0")
        if not size.isdigit() or set(parameters) - {"SIZE", "BODY", "SMTPUTF8"}:
            return Step(["555 5.5.4 parameter not understood"])
        if int(size) > MAX_MESSAGE:
            return Step(["552 5.3.4 message too large"])
        self.envelope.mail_from = path
        return Step(["250 2.1.0 ok"])

    def _rcpt(self, rest: str) -> Step:
        found = _argument(rest, "TO:")
        if self.envelope.mail_from is None:
            return Step([_OUT_OF_ORDER])
        if found is None or not found[0]:
            return Step([_MALFORMED])
        if len(self.envelope.recipients) >= MAX_RECIPIENTS:
            return Step(["452 4.5.3 too many recipients"])
        return Step([self._accept(found[0])])

    def _accept(self, recipient: str) -> str:
        try:
            self.envelope.recipients.append(self.find(recipient))
        except DeliveryRefused:
            return "550 5.1.1 no such mailbox"
        except DeliveryDeferred:
            return "452 4.2.2 mailbox cannot take mail now"
        except Exception:  # noqa: BLE001 - whatever fails here, the sender tries again
            return "451 4.3.0 try again"
        return "250 2.1.5 ok"

    def _data(self, rest: str) -> Step:
        if rest:
            return Step([_MALFORMED])
        if not self.envelope.recipients:
            return Step([_OUT_OF_ORDER])
        return Step(["354 end with a lone dot"], Action.DATA)

    def _rset(self, rest: str) -> Step:
        del rest
        self.envelope = Envelope()
        return Step(["250 2.0.0 ok"])


def _argument(rest: str, keyword: str) -> tuple[str, dict[str, str]] | None:
    """`FROM:<path> NAME=value …` as the path and its parameters; None if it is not that."""
    if rest[: len(keyword)].upper() != keyword:
        return None
    found = _PATH.fullmatch(rest[len(keyword) :].strip())
    if found is None:
        return None
    pairs = (word.partition("=") for word in found["parameters"].split())
    return found["path"], {name.upper(): value for name, _, value in pairs}


def _joined(replies: Sequence[str]) -> str:
    """SMTP has one reply for all: the first that is not a success."""
    return next((reply for reply in replies if not reply.startswith("2")), replies[0])
