"""What all our cards have in common: command APDUs, chaining, GET RESPONSE, a PIN with its counter (ISO 7816-4, -8)."""

import hmac
import time
from collections import Counter
from dataclasses import dataclass, field

GET_RESPONSE = 0xC0
_CHAINING = 0x10


class StatusWord(Exception):
    """Ends a command with this SW1-SW2 and no data."""

    def __init__(self, value: int) -> None:
        super().__init__(f"{value:04X}")
        self.value = value


PIN_BLOCKED = 0x6983
SECURITY_STATUS = 0x6982
CONDITIONS = 0x6985
WRONG_DATA = 0x6A80
FILE_NOT_FOUND = 0x6A82
WRONG_P1_P2 = 0x6A86
REFERENCE_NOT_FOUND = 0x6A88
INS_NOT_SUPPORTED = 0x6D00
WRONG_LENGTH = 0x6700


@dataclass(frozen=True)
class Command:
    """A command APDU. `expected`: Le as a number of bytes, 0 where absent."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    expected: int = 0

    @property
    def reference(self) -> int:
        """P1-P2 as one number."""
        return self.p1 << 8 | self.p2

    @classmethod
    def parse(cls, apdu: bytes) -> "Command":
        """Short and extended APDUs. Raises StatusWord 6700."""
        if len(apdu) < 4:
            raise StatusWord(WRONG_LENGTH)
        cla, ins, p1, p2 = apdu[:4]
        body = apdu[4:]
        width = 2 if len(body) > 2 and body[0] == 0 else 1
        body = body[width - 1 :]
        size = int.from_bytes(body[:width], "big")
        if len(body) <= width:
            return cls(cla, ins, p1, p2, expected=(size or 256**width) if body else 0)
        data, rest = body[width : width + size], body[width + size :]
        if len(data) < size or len(rest) not in (0, width):
            raise StatusWord(WRONG_LENGTH)
        expected = (int.from_bytes(rest, "big") or 256**width) if rest else 0
        return cls(cla, ins, p1, p2, data, expected)


@dataclass
class Counters:
    """What a card saw. `pins`: tries spent on a PIN, right and wrong; `operations`: uses of private keys, by reference."""

    apdus: int = 0
    pins: int = 0
    refused: int = 0
    operations: "Counter[int]" = field(default_factory=Counter)

    @property
    def uses(self) -> int:
        return self.operations.total()


class Pin:
    """A PIN and its tries; each try is spent before the PIN is looked at."""

    def __init__(self, value: bytes, counters: Counters, tries: int = 3) -> None:
        self.tries = self.maximum = tries
        self.verified = False
        self._value = value
        self._counters = counters

    def check(self, presented: bytes) -> None:
        """Raises StatusWord 63Cx with the tries left, or 6983."""
        if self.tries == 0:
            raise StatusWord(PIN_BLOCKED)
        self._counters.pins += 1
        self.tries -= 1
        self.verified = False
        if not hmac.compare_digest(presented, self._value):
            self._counters.refused += 1
            raise StatusWord(0x63C0 | self.tries if self.tries else PIN_BLOCKED)
        self.tries = self.maximum
        self.verified = True

    def change(self, old: bytes, new: bytes) -> None:
        """CHANGE REFERENCE DATA. Raises as `check`."""
        self.check(old)
        self._value = new

    def status(self) -> None:
        """VERIFY without data: raises StatusWord unless verified; spends nothing (ISO 7816-4 §7.5.6)."""
        if self.tries == 0:
            raise StatusWord(PIN_BLOCKED)
        if not self.verified:
            raise StatusWord(0x63C0 | self.tries)

    def require(self) -> None:
        if not self.verified:
            raise StatusWord(SECURITY_STATUS)


class Iso7816Card:
    """Chaining and long answers around `answer`, which a personality gives. `delay`: seconds of each private-key use."""

    atr = b""

    def __init__(self, *, delay: float = 0.0) -> None:
        self.delay = delay
        self.counters = Counters()
        self._chained = b""
        self._pending = b""

    def answer(self, command: Command) -> bytes:
        """The answer's data. Raises StatusWord."""
        raise NotImplementedError

    def power(self) -> None:
        self._chained = self._pending = b""

    def transmit(self, apdu: bytes) -> bytes:
        self.counters.apdus += 1
        try:
            return self._deliver(self._whole(Command.parse(apdu)))
        except StatusWord as refused:
            return refused.value.to_bytes(2, "big")

    def used(self, reference: int) -> None:
        """Count a use of a private key, and take the time it takes."""
        self.counters.operations[reference] += 1
        if self.delay:
            time.sleep(self.delay)

    def _whole(self, command: Command) -> Command:
        """Commands of a chain are collected (ISO 7816-4 §5.3.3); the last one carries them all."""
        if command.cla & _CHAINING:
            self._chained += command.data
            raise StatusWord(0x9000)
        data, self._chained = self._chained + command.data, b""
        return Command(command.cla, command.ins, command.p1, command.p2, data, command.expected)

    def _deliver(self, command: Command) -> bytes:
        if command.ins != GET_RESPONSE:
            self._pending = self.answer(command)
        limit = command.expected or 256
        part, self._pending = self._pending[:limit], self._pending[limit:]
        if not self._pending:
            return part + b"\x90\x00"
        return part + bytes([0x61, min(len(self._pending), 0xFF)])
