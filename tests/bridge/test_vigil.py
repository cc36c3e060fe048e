"""Short waits with open eyes: they end at their bounds, stop nobody, and are left out where they are in vain. All clocks are told."""

import asyncio
import os
from collections.abc import Iterator
from typing import IO

import pytest

from bridge.vigil import (
    ANSWER_SECONDS,
    LEFT_OUT_FIRST,
    LEFT_OUT_MOST,
    PUSHED_ASIDE_SECONDS,
    QUESTION_SECONDS,
    Thrift,
    Vigil,
    watch,
)

STEP = PUSHED_ASIDE_SECONDS / 4


class Clock:
    """Goes on by `step` each time it is read."""

    def __init__(self, step: float = STEP) -> None:
        self.step = step
        self.reads = 0
        self.now = 100.0

    def __call__(self) -> float:
        self.reads += 1
        self.now += self.step
        return self.now


def left_out(thrift: Thrift) -> int:
    """How many are, from now on."""
    count = 0
    while not thrift.allows:
        thrift.count()
        count += 1
        assert count <= LEFT_OUT_MOST
    return count


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_one_in_vain_leaves_out_the_next_and_more_each_time_up_to_a_limit() -> None:
    thrift, found = Thrift(cores=2), []
    for _ in range(7):
        thrift.was_in_vain()
        found.append(left_out(thrift))
    assert found[:3] == [LEFT_OUT_FIRST, 2 * LEFT_OUT_FIRST, 4 * LEFT_OUT_FIRST]
    assert found[-2:] == [LEFT_OUT_MOST, LEFT_OUT_MOST]
    thrift.was_of_use()
    thrift.was_in_vain()
    assert left_out(thrift) == LEFT_OUT_FIRST


def test_on_one_core_none_is_kept() -> None:
    async def scenario() -> None:
        clock = Clock()
        vigil = Vigil(Thrift(cores=1), clock)
        vigil.begin()
        assert not vigil.is_kept
        assert clock.reads == 0

    asyncio.run(scenario())


def test_a_vigil_ends_at_its_bound_and_is_left_out_then() -> None:
    async def scenario() -> None:
        clock, thrift = Clock(), Thrift(cores=2)
        vigil, most = Vigil(thrift, clock), round(ANSWER_SECONDS / STEP) + 3
        vigil.begin()
        assert vigil.is_kept
        await turns(most)
        assert not vigil.is_kept
        looks = clock.reads
        assert looks <= most
        await turns(10)
        assert clock.reads == looks  # nothing turns the loop any more
        for _ in range(LEFT_OUT_FIRST):
            vigil.begin()
            assert not vigil.is_kept
        vigil.begin()
        assert vigil.is_kept
        vigil.end()

    asyncio.run(scenario())


def test_a_vigil_that_is_pushed_aside_ends_at_its_next_look() -> None:
    async def scenario() -> None:
        clock, thrift = Clock(), Thrift(cores=2)
        vigil = Vigil(thrift, clock)
        vigil.begin()
        await turns(3)
        assert vigil.is_kept
        clock.now += PUSHED_ASIDE_SECONDS
        await turns(1)
        assert not vigil.is_kept
        assert left_out(thrift) == LEFT_OUT_FIRST

    asyncio.run(scenario())


def test_an_answer_ends_it_and_the_next_is_kept() -> None:
    async def scenario() -> None:
        clock, thrift = Clock(), Thrift(cores=2)
        vigil = Vigil(thrift, clock)
        vigil.begin()
        await turns(3)
        vigil.end()
        vigil.end()
        looks = clock.reads
        await turns(10)
        assert clock.reads == looks
        assert thrift.allows

    asyncio.run(scenario())


def test_others_are_served_meanwhile() -> None:
    async def scenario() -> None:
        vigil, told = Vigil(Thrift(cores=2), Clock(0.0)), asyncio.Event()
        ours, theirs = os.pipe()
        vigil.begin()
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, told.set)
        os.write(theirs, b"x")
        async with asyncio.timeout(20):
            await told.wait()
        assert vigil.is_kept
        vigil.end()
        loop.remove_reader(ours)
        os.close(ours)
        os.close(theirs)

    asyncio.run(scenario())


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The end to read, and the other."""
    ours, theirs = (os.fdopen(end, mode, buffering=0) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    with ours, theirs:
        yield ours, theirs


def test_watching_a_pipe_ends_at_its_bound(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    clock = Clock(QUESTION_SECONDS / 10)
    watch(pipe[0].fileno(), clock)
    assert 10 <= clock.reads <= 12


def test_what_can_be_read_ends_the_watch(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    clock = Clock(0.0)
    pipe[1].write(b"x")
    watch(pipe[0].fileno(), clock)
    assert clock.reads == 1


def test_the_end_of_a_pipe_ends_the_watch(pipe: tuple[IO[bytes], IO[bytes]]) -> None:
    clock = Clock(0.0)
    pipe[1].close()
    watch(pipe[0].fileno(), clock)
    assert clock.reads == 1
