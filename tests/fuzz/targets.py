"""What is fuzzed: samples, how they are broken, who reads them, and when two readers of one sample disagree."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz import channel_messages, der_tree, mime_lines
from tests.fuzz.agreement import (
    same_certificate,
    same_channel,
    same_everything,
    same_fields,
    same_grant,
    same_layer,
    same_papers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.process import Reading

CORPUS = Path(__file__).parent / "corpus"
VECTORS = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True)
class Target:
    """One parser, or two of the same thing. `agree` gives what two readings differ in, or nothing."""

    name: str
    broken_as: Callable[[bytes, random.Random, list[bytes]], bytes]
    languages: tuple[str, ...]
    agree: Callable[[bytes, Reading, Reading], str] | None = None
    vectors: tuple[tuple[str, str], ...] = ()
    corpus: str = ""

    @cached_property
    def samples(self) -> dict[str, bytes]:
        """Honest ones, and what was found before."""
        files = [
            *sorted((CORPUS / (self.corpus or self.name)).glob("*.bin")),
            *sorted((CORPUS / "found").glob(f"{self.name}-*.bin")),
        ]
        return {file.stem: file.read_bytes() for file in files} | self._of_vectors()

    def sample(self, seed: int, number: int) -> bytes:
        """The same for the same seed and number, today and tomorrow."""
        rng = random.Random(f"{self.name} {seed} {number}")
        names = sorted(self.samples)
        return self.broken_as(self.samples[rng.choice(names)], rng, list(self.samples.values()))

    def _of_vectors(self) -> dict[str, bytes]:
        found = {}
        for file, member in self.vectors:
            for vector in json.loads((VECTORS / file).read_text())["vectors"]:
                values = vector[member] if isinstance(vector[member], list) else [vector[member]]
                found |= {f"{vector['name']} {i}": base64.b64decode(value) for i, value in enumerate(values)}
        return found


def _der(sample: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    try:
        return der_tree.mutate(der_tree.read(sample), rng, others)
    except ValueError:  # a sample found earlier that is no tree any more
        return mime_lines.mutate(sample, rng, others)


_BOTH = ("python", "node")
TARGETS = {
    target.name: target
    for target in (
        Target("cms", _der, _BOTH, same_layer),
        Target("recipient", _der, ("python",)),
        Target("certificate", _der, _BOTH, same_certificate),
        Target(
            "grant",
            _der,
            _BOTH,
            same_grant,
            (("grants/grants.json", "grant"), ("grants/holder-keys.json", "grant")),
        ),
        Target("log", _der, _BOTH, same_everything, (("log/chain.json", "entries"),)),
        Target("paper", _der, _BOTH, same_papers),
        Target("code", mime_lines.mutate, _BOTH, same_everything),
        Target("headers", mime_lines.mutate, _BOTH, same_fields),
        Target("mime", mime_lines.mutate, _BOTH, same_fields),
        Target("submission", mime_lines.mutate, ("python",), corpus="mime"),
        Target("summary", mime_lines.mutate, ("node",)),
        Target(
            "channel",
            channel_messages.mutate,
            _BOTH,
            same_channel,
            (("bridge-channel/refused.json", "message"),),
            corpus="channel",
        ),
    )
}
