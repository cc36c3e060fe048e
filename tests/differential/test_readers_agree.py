"""The JavaScript and the Python readers on the same inputs: samples, vectors, the museum, and thousands of broken samples.

What is compared, and the classes in which two readers may differ with their reasons, stand in `tests/fuzz/agreement.py`.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.fuzz.process import Reader
from tests.fuzz.targets import TARGETS, Target
from tests.journeys.museum_reader import Visitor
from webmail.management.demo.museum.exhibits import EXHIBITS

SEED = 20261122
BROKEN = {
    "cms": 400,
    "certificate": 250,
    "grant": 125,
    "log": 200,
    "paper": 200,
    "code": 200,
    "headers": 500,
    "mime": 125,
    "channel": 125,
}
COMPARED = [target for target in TARGETS.values() if target.agree is not None]


def differences(target: Target, samples: Iterable[bytes]) -> Iterator[str]:
    """What two readers say of a sample that they may not."""
    assert target.agree is not None
    with Reader("python", target.name) as python, Reader("node", target.name) as node:
        for sample in samples:
            one, other = python.read(sample), node.read(sample)
            fault = one.fault or other.fault or target.agree(sample, one, other)
            if fault:
                yield f"{fault}\n{base64.b64encode(sample[:4_000]).decode()}"


@pytest.mark.parametrize("target", COMPARED, ids=lambda target: target.name)
def test_samples_vectors_and_what_was_found_before(target: Target) -> None:
    assert list(differences(target, target.samples.values())) == []


@pytest.mark.slow
@pytest.mark.parametrize("target", COMPARED, ids=lambda target: target.name)
def test_broken_samples(target: Target) -> None:
    broken = (target.sample(SEED, number) for number in range(BROKEN[target.name]))
    assert list(differences(target, broken)) == []


@pytest.fixture(scope="module")
def museum(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Every exhibit's message."""
    visitor = Visitor.enter(sample_pki, Path(tmp_path_factory.mktemp("museum")))
    return [exhibit.make(visitor.materials) for exhibit in EXHIBITS]


def test_the_museum_headers(museum: list[bytes]) -> None:
    assert list(differences(TARGETS["mime"], museum)) == []


def test_the_museum_layers(museum: list[bytes]) -> None:
    layers = [layer for message in museum for layer in _layers(message)]
    assert len(layers) > len(museum) / 2
    assert list(differences(TARGETS["cms"], layers)) == []


def _layers(message: bytes) -> Iterator[bytes]:
    """The CMS in a message, as its parts carry it."""
    for part in message_from_bytes(message).walk():
        if "pkcs7" in part.get_content_type():
            try:
                yield bytes(part.get_payload(decode=True) or b"")
            except (binascii.Error, ValueError):
                continue
