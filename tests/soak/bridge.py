"""`make soak-bridge`: random sequences on virtual cards behind pcscd and OpenSC, through real bridge processes.

    python tests/soak/bridge.py [--sequences 2000] [--seed N] [--desks 3]

After each sequence the card's own counters are compared with the keystrokes of the prompt: no try without one, and never
the last try from a page. Most of a sequence is waiting, so several desks play side by side, each with a pcscd, a bridge and
cards of its own. Prints the counts as JSON, and ends with 1 if anything was wrong.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
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
_TOLD_EVERY = 50


@dataclass
class Tally:
    """What all desks counted, and how far they are. `tell` says it to whoever waits."""

    tell: Callable[[str], None]
    counts: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    played: int = 0
    _began: float = field(default_factory=time.monotonic)

    def add_sequence(self, complaints: list[str]) -> None:
        self.played += 1
        self.violations += complaints
        for complaint in complaints:
            self.tell(complaint)
        if self.played % _TOLD_EVERY == 0:
            seconds = time.monotonic() - self._began
            self.tell(f"{self.played} sequences, {len(self.violations)} violations, {seconds:.0f} s")

    def add_desk(self, player: Player) -> None:
        self.steps += player.steps
        self.answers += player.outcomes
        for witness in player.witnesses:
            counters = witness.card.counters
            self.counts.update(tries=witness.tries, rivalTries=witness.rival_tries, lastTries=witness.pin.last_tries)
            self.counts.update(refused=counters.refused, operations=counters.uses)
        player.keyboard.typed()  # read after the cards: a PIN is written down before it is handed over
        self.counts.update(prompts=len(player.bridge.prompts("pin")), keystrokes=player.keyboard.keystrokes)


def soak(
    folder: Path, pki: SamplePki, sequences: int, seed: int, tell: Callable[[str], None], desks: int = 1
) -> dict[str, Any]:
    """Play the sequences on so many desks. The counts; `violations` is empty when all went well."""
    tally = Tally(tell)
    shares = [len(range(desk, sequences, desks)) for desk in range(desks)]
    with ThreadPoolExecutor(desks) as pool:
        for desk in [
            pool.submit(_play, folder / f"desk-{number}", pki, share, f"{seed} {number}", tally)
            for number, share in enumerate(shares)
        ]:
            tally.add_desk(desk.result())
    return {
        "sequences": tally.played,
        "seed": seed,
        "desks": desks,
        "steps": dict(tally.steps),
        "answers": dict(tally.answers),
        **tally.counts,
        "violations": tally.violations,
    }


def _play(folder: Path, pki: SamplePki, sequences: int, seed: str, tally: Tally) -> Player:
    """One desk's share."""
    folder.mkdir(mode=0o700)
    origins = [f"https://s{number}.pli.example" for number in range(sequences * _ORIGINS_EACH)]
    with card_stack(folder / "stack") as stack, _bridge(folder, pki, stack, origins) as bridge:
        keyboard = Keyboard(folder / "prompts.log.typed")
        witnesses = [Witness(card) for card in _cards(pki)]
        player = Player(stack, bridge, witnesses, keyboard, iter(origins), random.Random(seed))
        for number in range(1, sequences + 1):
            complaints = player.play()
            tally.add_sequence(
                [f"{folder.name}, sequence {number}, after {player.last}: {said}" for said in complaints]
            )
        player.close()
    return player


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
    parser.add_argument("--desks", type=int, default=3, help="that play side by side")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, PIN {PIN}", flush=True)
    with tempfile.TemporaryDirectory(prefix="pli-soak-") as name:
        folder = Path(name)
        pki = issue_sample_pki(folder / "pki")
        counts = soak(folder, pki, asked.sequences, asked.seed, lambda text: print(text, flush=True), asked.desks)
    print(json.dumps(counts, indent=1))
    return 1 if counts["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
