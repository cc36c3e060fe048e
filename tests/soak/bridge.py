"""`make soak-bridge`: random sequences on virtual cards behind pcscd and OpenSC, through a real bridge process.

    python tests/soak/bridge.py [--sequences 2000] [--seed N]

After each sequence the card's own counters are compared with the keystrokes of the prompt: no try without one, and never
the last try from a page. Prints the counts as JSON, and ends with 1 if anything was wrong.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.bridge.running import RunningBridge, start_bridge, write_policy
from tests.soak.sequences import PIN, Player
from tests.soak.witness import Keyboard, Witness
from tests.vcard.holder import Use, issue_keys
from tests.vcard.piv import SLOTS, PivCard
from tests.vcard.stack import OPENSC, CardStack, card_stack

_PROMPT = Path(__file__).with_name("typing_prompt.py")
_ORIGINS_EACH = 12  # at most, per sequence: those whose prompts were cancelled are not used again


def soak(folder: Path, pki: SamplePki, sequences: int, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Play the sequences. The counts; `violations` is empty when all went well."""
    origins = [f"https://s{number}.pli.example" for number in range(sequences * _ORIGINS_EACH)]
    cards = _cards(pki)
    violations: list[str] = []
    began = time.monotonic()
    with card_stack(folder / "stack") as stack, _bridge(folder, pki, stack, origins) as bridge:
        keyboard = Keyboard(folder / "prompts.log.typed")
        witnesses = [Witness(card) for card in cards]
        player = Player(stack, bridge, witnesses, keyboard, iter(origins), random.Random(seed))
        for number in range(1, sequences + 1):
            for complaint in player.play():
                violations.append(f"sequence {number}, after {player.last}: {complaint}")
                tell(violations[-1])
            if number % 50 == 0:
                tell(f"{number} sequences, {len(violations)} violations, {time.monotonic() - began:.0f} s")
        player.close()
    return {
        "sequences": sequences,
        "seed": seed,
        "steps": dict(player.steps),
        "answers": dict(player.outcomes),
        "prompts": len(bridge.prompts("pin")),
        "keystrokes": keyboard.keystrokes,
        "tries": sum(card.counters.pins for card in cards),
        "refused": sum(card.counters.refused for card in cards),
        "operations": sum(card.counters.uses for card in cards),
        "lastTries": sum(witness.pin.last_tries for witness in witnesses),
        "violations": violations,
    }


def _cards(pki: SamplePki) -> list[PivCard]:
    """One whose authentication key asks for the PIN once, and one whose key asks at each use."""
    keys = issue_keys(pki, "alice", {"authentication": "p256"})
    always: dict[Use, int] = {"authentication": SLOTS["signature"]}
    return [PivCard(keys, serial="once", pin=PIN), PivCard(keys, serial="always", pin=PIN, slots=always)]


@contextmanager
def _bridge(folder: Path, pki: SamplePki, stack: CardStack, origins: list[str]) -> Iterator[RunningBridge]:
    prompt = {
        "kind": "assuan",
        "program": sys.executable,
        "arguments": [str(_PROMPT), str(folder / "pins.json"), str(folder / "prompts.log")],
        "language": "en",
    }
    modules = [{"id": "opensc", "path": str(OPENSC)}]
    policy = write_policy(folder, pki.directory, origins=origins, modules=modules, softwareCards=None, prompt=prompt)
    bridge = start_bridge(policy, environment=stack.environment)
    try:
        yield bridge
    finally:
        bridge.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Random sequences on a virtual card.")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, PIN {PIN}", flush=True)
    with tempfile.TemporaryDirectory(prefix="pli-soak-") as name:
        folder = Path(name)
        pki = issue_sample_pki(folder / "pki")
        counts = soak(folder, pki, arguments.sequences, arguments.seed, lambda text: print(text, flush=True))
    print(json.dumps(counts, indent=1))
    return 1 if counts["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
