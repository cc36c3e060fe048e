"""`make fuzz SECONDS=60 TARGET=all`: broken samples for every parser, in Python and in node, for so many seconds each.

A crash, more than a second of CPU, more than 200 MB, or two readers that disagree: the sample is made smaller, kept in
`build/fuzz/`, and printed with how to read it again. The same `--seed` gives the same samples. Exit 1 if anything was found.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.fuzz.process import Reader  # noqa: E402
from tests.fuzz.targets import TARGETS, Target  # noqa: E402

FOUND = ROOT / "build" / "fuzz"
MOST_FOUND = 20
_FIGURES = re.compile(r"[\d.'{}]+")
_ATTEMPTS = 200  # to make a sample smaller


class Trial:
    """One target with its readers running."""

    def __init__(self, target: Target, readers: Sequence[Reader]) -> None:
        self.target, self.readers = target, readers
        self.samples = 0
        self.slowest = 0.0
        self.largest = 0

    def fault(self, sample: bytes) -> str:
        """What is wrong with how this sample is read; nothing if all is well."""
        readings = [reader.read(sample) for reader in self.readers]
        self.slowest = max(self.slowest, *(reading.cpu for reading in readings))
        self.largest = max(self.largest, *(reading.memory for reading in readings))
        for reader, reading in zip(self.readers, readings, strict=True):
            if reading.fault:
                return f"{reader.language}: {reading.fault}"
        if self.target.agree is not None and len(readings) > 1:
            return self.target.agree(sample, *readings)
        return ""

    def run(self, seed: int, seconds: float) -> Iterator[tuple[bytes, str]]:
        """Every sample as it is, then broken ones until the time is over; those with a fault."""
        end = time.monotonic() + seconds
        for sample in self._samples(seed):
            if time.monotonic() > end:
                return
            self.samples += 1
            if fault := self.fault(sample):
                yield sample, fault

    def _samples(self, seed: int) -> Iterator[bytes]:
        yield from self.target.samples.values()
        number = 0
        while True:
            yield self.target.sample(seed, number)
            number += 1

    def smaller(self, sample: bytes, fault: str) -> bytes:
        """Pieces taken out as long as the fault stays of its kind."""
        size, at = max(len(sample) // 2, 1), 0
        for _ in range(_ATTEMPTS):
            if at >= len(sample):
                size, at = size // 2, 0
            if size == 0:
                break
            candidate = sample[:at] + sample[at + size :]
            if _kind(self.fault(candidate)) == _kind(fault):
                sample = candidate
            else:
                at += size
        return sample


def _kind(fault: str) -> str:
    """A fault without its figures, so that one bug is told once."""
    differing, _, _ = fault.partition(" python ")
    if differing != fault:
        sides = ("python None" in fault, fault.endswith("node None"))
        return f"{differing} {sides}"
    place = fault.rpartition(" at ")[2]
    return f"{fault.split(':', maxsplit=1)[0]} {_FIGURES.sub('', fault)[:40]} {place}"


def fuzz(target: Target, seed: int, seconds: float) -> int:
    """Print and keep what is found; how much it was."""
    found: dict[str, int] = {}
    with ExitStack() as stack:
        trial = Trial(target, [stack.enter_context(Reader(language, target.name)) for language in target.languages])
        for sample, fault in trial.run(seed, seconds):
            found[_kind(fault)] = found.get(_kind(fault), 0) + 1
            if found[_kind(fault)] == 1:
                _keep(target, len(found), trial.smaller(sample, fault), fault)
            if len(found) >= MOST_FOUND:
                break
        print(
            f"{'FAIL' if found else 'ok  '}  {target.name:<12} {'/'.join(target.languages):<12} {trial.samples:>8} samples, seed {seed},"
            f" slowest {trial.slowest:.2f} s, {trial.largest / 1000:.0f} MB at most, {len(found)} found ({sum(found.values())} samples)",
            flush=True,
        )
    return len(found)


def _keep(target: Target, number: int, sample: bytes, fault: str) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    file = FOUND / f"{target.name}-{number}.bin"
    file.write_bytes(sample)
    print(f"      {fault}\n      python tests/fuzz/run.py --replay {file.relative_to(ROOT)} {target.name}", flush=True)


def replay(target: Target, file: Path) -> int:
    """One sample again, with what each reader says of it."""
    for language in target.languages:
        with Reader(language, target.name) as reader:
            print(language, reader.read(file.read_bytes()))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"all, or some of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path)
    arguments = parser.parse_args()
    names = [name for name in arguments.targets if name != "all"] or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target {', '.join(unknown)}")
    if arguments.replay:
        return replay(TARGETS[names[0]], arguments.replay)
    return 1 if sum([fuzz(TARGETS[name], arguments.seed, arguments.seconds) for name in names]) else 0


if __name__ == "__main__":
    sys.exit(main())
