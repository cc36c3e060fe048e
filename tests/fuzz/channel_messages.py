"""Messages of the secure channel, broken on purpose: JSON with other members and values, and sealed octets with other bits."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

_VALUES = (
    None, True, False, 0, -1, 1e400, 2**70, "", "=", "A", "AA==", "AB==", "A===", "pli-bridge.1", "pli-bridge.2", "é", "\0", [], {}, [[]],
    " " * 70, "A" * 88, "BA" * 44, "_-_-", "BA==\n",
)  # fmt: skip
_NAMES = (
    "hello",
    "ephemeral",
    "commitment",
    "nonce",
    "sealed",
    "key",
    "signature",
    "pair",
    "__proto__",
    "",
    "Key",
    "x" * 300,
)
_RAW = (
    b"[" * 3000,
    b"{}",
    b"[]",
    b"null",
    b'""',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe",
    b"\0",
    b"1e9",
    b"NaN",
    b'{"a":1}{"b":2}',
    b"{" * 2000,
    b"",
)


def mutate(sample: bytes, rng: Random, others: list[bytes]) -> bytes:
    """One to three changes; JSON stays JSON more often than not."""
    for _ in range(rng.randint(1, 3)):
        members = _members(sample)
        sample = (
            _other_members(members, rng)
            if members is not None and rng.random() < 0.75
            else _other_octets(sample, rng, others)
        )
    return sample


def _members(sample: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(sample)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _other_members(members: dict[str, Any], rng: Random) -> bytes:
    name = rng.choice(sorted(members) or [""])
    match rng.randrange(6):
        case 0:
            members.pop(name, None)
        case 1:
            members[rng.choice(_NAMES)] = rng.choice(_VALUES)
        case 2:
            members[name] = rng.choice(_VALUES)
        case 3:
            members = dict(rng.sample(sorted(members.items()), len(members)))
        case 4:
            return json.dumps(members)[:-1].encode() + b"," + json.dumps(name).encode() + b":1}"
        case 5 if isinstance(members.get(name), str):
            members[name] = base64.b64encode(_other_bits(_octets(members[name]), rng)).decode()
    return json.dumps(members, indent=rng.choice((None, 1))).encode()


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return text.encode(errors="replace")


def _other_octets(sample: bytes, rng: Random, others: list[bytes]) -> bytes:
    match rng.randrange(5):
        case 0:
            return rng.choice(_RAW)
        case 1:
            return sample[: rng.randint(0, len(sample))]
        case 2:
            return sample + rng.randbytes(rng.choice((1, 16, 5000)))
        case 3:
            other = rng.choice(others)
            return sample[: rng.randint(0, len(sample))] + other[rng.randint(0, len(other)) :]
    return _other_bits(sample, rng)


def _other_bits(octets: bytes, rng: Random) -> bytes:
    if not octets:
        return b"\0"
    changed = bytearray(octets)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)
