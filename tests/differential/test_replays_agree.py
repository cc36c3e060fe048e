"""The replays of Python and JavaScript on logs written by chance: who is a member is the same to both, and why one is refused."""

import json
import os
import random
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from bridge.cms.errors import CmsError
from tests.vectors.memberships import described, logs_as_data
from tests.vectors.random_logs import random_log
from tests.vectors.registers import Register

LOGS = 60
READER = Path(__file__).with_name("replays.js")


def outcome(register: Register) -> str:
    try:
        register.replay()
    except CmsError as error:
        return str(getattr(error, "reason", error.code))
    return "ok"


def test_two_replays_come_to_the_same() -> None:
    seed = int(os.environ.get("PLI_TEST_SEED", "20261122"))
    logs = [random_log(random.Random(f"{seed} {number}")) for number in range(LOGS)]
    named = [(f"{seed} {number}", register, outcome(register)) for number, register in enumerate(logs)]
    found = json.loads(node(json.dumps(logs_as_data(named))))
    differing = {
        name: (expected, other)
        for (name, register, expected), other in zip(named, found, strict=True)
        if other != (shown(register) if expected == "ok" else expected)
    }
    assert differing == {}
    kinds = Counter(expected for _, _, expected in named)
    assert min(kinds["ok"], len(kinds) - 1) > 5, "chance wrote nothing worth a comparison"


def shown(register: Register) -> dict[str, Any]:
    return dict(json.loads(json.dumps(described(register.replay(), register.time))))


def node(logs: str) -> bytes:
    return subprocess.run(["node", str(READER)], input=logs.encode(), capture_output=True, check=True).stdout
