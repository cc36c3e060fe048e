"""What a `make` target beside the tests proves, kept where `make capabilities` reads what tests prove."""

import json
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "build" / "results"


def keep_proof(target: str, *rows: str, passed: bool) -> None:
    """That `make TARGET` proved these capability rows whole, or failed to."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {f"make {target}": {"capability": rows, "passed": passed}}
    (RESULTS / f"{target}.json").write_text(json.dumps(found, indent=1))
