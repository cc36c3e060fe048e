"""P-256 as a careless reader would compute it: the formulas of addition never look at `b`, so any pair of numbers "works".

That is the invalid-curve attack; a vector of it is only refused by a reader that checks the point.
"""

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_Point = tuple[int, int] | None


def multiply(scalar: int, x: bytes, y: bytes) -> bytes:
    """The x coordinate of `scalar` times the point, 32 octets; zeros at infinity."""
    result: _Point = None
    power: _Point = (int.from_bytes(x) % _P, int.from_bytes(y) % _P)
    while scalar:
        if scalar & 1:
            result = _add(result, power)
        power = _add(power, power)
        scalar >>= 1
    return (result or (0, 0))[0].to_bytes(32)


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    rise, run = (3 * x1 * x1 - 3, 2 * y1) if one == other else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P
