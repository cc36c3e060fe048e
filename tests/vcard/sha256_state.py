"""SHA-256 from a given state (FIPS 180-4 §6.2.2): a signature card does the last round itself (PSO HASH, ISO 7816-8 §11.8)."""

from math import isqrt

BLOCK = 64
_WORD = 0xFFFFFFFF


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _cube_root_fraction(prime: int) -> int:
    """The first 32 bits behind the point of the cube root (FIPS 180-4 §4.2.2)."""
    scaled = prime << 96
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= scaled else (low, middle - 1)
    return low & _WORD


_CONSTANTS = [_cube_root_fraction(prime) for prime in _primes(64)]
INITIAL = b"".join((isqrt(prime << 64) & _WORD).to_bytes(4, "big") for prime in _primes(8))


def compress(state: bytes, block: bytes) -> bytes:
    """The state after one block of 64 bytes."""
    words = [int.from_bytes(block[at : at + 4], "big") for at in range(0, BLOCK, 4)]
    for at in range(16, 64):
        first = _rotate(words[at - 15], 7) ^ _rotate(words[at - 15], 18) ^ words[at - 15] >> 3
        second = _rotate(words[at - 2], 17) ^ _rotate(words[at - 2], 19) ^ words[at - 2] >> 10
        words.append((words[at - 16] + first + words[at - 7] + second) & _WORD)
    before = [int.from_bytes(state[at : at + 4], "big") for at in range(0, 32, 4)]
    a, b, c, d, e, f, g, h = before
    for constant, word in zip(_CONSTANTS, words, strict=True):
        choice = (e & f) ^ (~e & _WORD & g)
        upper = h + (_rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)) + choice + constant + word
        majority = (a & b) ^ (a & c) ^ (b & c)
        lower = (_rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)) + majority
        a, b, c, d, e, f, g, h = (upper + lower) & _WORD, a, b, c, (d + upper) & _WORD, e, f, g
    after = zip(before, (a, b, c, d, e, f, g, h), strict=True)
    return b"".join((old + new & _WORD).to_bytes(4, "big") for old, new in after)


def finish(state: bytes, hashed_bits: int, rest: bytes) -> bytes:
    """The digest, when `hashed_bits` were hashed into the state and `rest` remains (FIPS 180-4 §5.1.1)."""
    bits = hashed_bits + 8 * len(rest)
    padded = rest + b"\x80" + bytes(-(len(rest) + 9) % BLOCK) + bits.to_bytes(8, "big")
    for at in range(0, len(padded), BLOCK):
        state = compress(state, padded[at : at + BLOCK])
    return state


def _rotate(word: int, by: int) -> int:
    return (word >> by | word << 32 - by) & _WORD
