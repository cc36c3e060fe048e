"""The shape of a bench line, and the statistics that figures share."""

import statistics
from collections.abc import Sequence


def line(figure: str, value: float, unit: str, peer: str = "", peer_value: float | None = None) -> dict[str, object]:
    """`ratio` is value / peer_value; both are null where nothing comparable exists."""
    ratio = round(value / peer_value, 3) if peer_value else None
    rounded = None if peer_value is None else round(peer_value, 4)
    return {
        "figure": figure,
        "value": round(value, 4),
        "unit": unit,
        "peer": peer,
        "peer_value": rounded,
        "ratio": ratio,
    }


def percentile(samples: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)
