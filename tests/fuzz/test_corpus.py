"""Every sample of the corpus, and whatever a fuzzer once found, is read without a fault by every parser; and fuzzers can find."""

import random
import signal
from threading import Timer

import pytest

from tests.fuzz import der_tree, mime_lines
from tests.fuzz.process import Reader, Reading
from tests.fuzz.run import Trial
from tests.fuzz.targets import CORPUS, TARGETS, Target

MOST_CORPUS = 300_000


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_every_sample_is_read_without_a_fault(target: Target) -> None:
    assert target.samples
    for language in target.languages:
        with Reader(language, target.name) as reader:
            faults = {name: reader.read(sample).fault for name, sample in target.samples.items()}
        assert {name: fault for name, fault in faults.items() if fault} == {}


def test_the_corpus_stays_small() -> None:
    assert sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()) < MOST_CORPUS


def test_the_same_seed_gives_the_same_samples() -> None:
    for target in TARGETS.values():
        assert target.sample(3, 5) == target.sample(3, 5)
    assert TARGETS["cms"].sample(3, 5) != TARGETS["cms"].sample(4, 5)


def test_an_unbroken_tree_is_written_as_it_was_read() -> None:
    for name, sample in TARGETS["cms"].samples.items():
        if name in {"e2h", "sealed", "openssl-stream"}:
            assert der_tree.read(sample).encode() == sample


def test_broken_samples_are_broken() -> None:
    rng = random.Random(1)
    for target in TARGETS.values():
        samples = list(target.samples.values())
        same = sum(target.broken_as(samples[0], rng, samples) == samples[0] for _ in range(100))
        assert same < 20


def test_a_reader_that_dies_hangs_or_disagrees_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        language = "python"

        def __init__(self, reading: Reading) -> None:
            self.read = lambda sample: reading

    def fault(one: Reading, other: Reading) -> str:
        return Trial(TARGETS["log"], [Told(one), Told(other)]).fault(b"x")

    assert fault(Reading(1), Reading(1)) == ""
    assert fault(Reading(1), Reading(2)).startswith("all: ")
    assert fault(Reading(fault="died"), Reading(1)) == "python: died"


@pytest.mark.parametrize("language", ["python", "node"])
def test_a_crash_is_told_and_the_reader_goes_on(language: str) -> None:
    target = TARGETS["certificate"]
    with Reader(language, target.name) as reader:
        good = target.samples["p256"]
        before = reader.read(good)
        reader._process.send_signal(signal.SIGSTOP)  # so that it dies while it is asked, not before or after
        Timer(0.3, reader._process.kill).start()
        assert reader.read(good).fault == "died"
        assert reader.read(good).facts == before.facts


def test_mail_is_broken_line_by_line() -> None:
    rng = random.Random(2)
    made = {mime_lines.mutate(b"From: a@b.example\r\n\r\nx\r\n", rng, [b"To: c@d.example\r\n"]) for _ in range(200)}
    assert len(made) > 100
