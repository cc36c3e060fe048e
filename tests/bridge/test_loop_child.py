"""A child on the event loop: order, cancellation, hang, crash, and calls from other threads."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.channel import ChannelBroken, ChildError
from bridge.loop_child import LoopChild

LONG = 20.0
Scenario = Callable[[LoopChild], Awaitable[None]]


@asynccontextmanager
async def running() -> AsyncIterator[LoopChild]:
    child = LoopChild("tests.bridge.talking")
    await child.start()
    try:
        yield child
    finally:
        await child.stop()


def play(scenario: Scenario) -> None:
    async def act() -> None:
        async with running() as child:
            await scenario(child)

    asyncio.run(act())


def test_large_values_and_errors_come_back() -> None:
    async def scenario(child: LoopChild) -> None:
        value = {"b": b"\0" * 3_000_000}
        assert await child.ask("echo", LONG, value=value) == value
        with pytest.raises(ChildError) as failure:
            await child.ask("refuse", LONG)
        assert (failure.value.name, failure.value.data) == ("Refused", {"tries": 2})

    play(scenario)


def test_calls_are_answered_in_the_order_of_asking() -> None:
    async def scenario(child: LoopChild) -> None:
        done: list[int] = []

        async def one(number: int) -> None:
            assert await child.ask("echo", LONG, value=number) == number
            done.append(number)

        await asyncio.gather(*map(one, range(20)))
        assert done == list(range(20))

    play(scenario)


def test_one_that_hangs_is_killed_and_the_next_call_finds_another() -> None:
    async def scenario(child: LoopChild) -> None:
        first = child.pid
        waiting = asyncio.create_task(child.ask("sleep", 0.2, seconds=60))
        behind = asyncio.create_task(child.ask("process", LONG))
        with pytest.raises(ChannelBroken, match="sleep"):
            await waiting
        assert await behind not in (first, None)
        assert child.pid == await behind

    play(scenario)


def test_one_that_dies_tells_who_waits() -> None:
    async def scenario(child: LoopChild) -> None:
        with pytest.raises(ChannelBroken, match="die"):
            await child.ask("die", LONG)
        assert child.pid is None
        assert await child.ask("echo", LONG, value=1) == 1

    play(scenario)


def test_an_abandoned_call_leaves_no_answer_for_the_next() -> None:
    async def scenario(child: LoopChild) -> None:
        abandoned = asyncio.create_task(child.ask("echo", LONG, value="somebody's key"))
        await asyncio.sleep(0)
        abandoned.cancel()
        assert await child.ask("echo", LONG, value="mine") == "mine"
        with pytest.raises(asyncio.CancelledError):
            await abandoned

    play(scenario)


def test_other_threads_wait_for_the_loop_and_the_loop_never_for_itself() -> None:
    async def scenario(child: LoopChild) -> None:
        assert await asyncio.to_thread(child.call, "echo", LONG, value=3) == 3
        with pytest.raises(RuntimeError, match="itself"):
            child.call("echo", LONG, value=3)

    play(scenario)


def test_what_is_stopped_stays_stopped() -> None:
    async def scenario(child: LoopChild) -> None:
        slow = asyncio.create_task(asyncio.to_thread(child.call, "sleep", LONG, seconds=60))
        await asyncio.sleep(0.2)
        await child.stop()
        with pytest.raises(ChannelBroken):
            await slow
        with pytest.raises(ChannelBroken):
            await child.ask("echo", LONG, value=1)
        with pytest.raises(ChannelBroken):
            await asyncio.to_thread(child.call, "echo", LONG, value=1)

    play(scenario)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8])
def test_one_that_is_being_started_is_stopped_too(turns: int) -> None:
    """Who asked is told, no process is left, and nothing is said of it."""
    pids: list[int] = []
    failures: list[object] = []

    async def act() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
        child = LoopChild("tests.bridge.talking", on_start=pids.append)
        asked = asyncio.create_task(child.ask("echo", LONG, value=1))
        await asyncio.sleep(0)
        before = children()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(LONG):
            await child.stop()
            assert children() <= before
            with pytest.raises(ChannelBroken):
                await asked
        gc.collect()

    asyncio.run(act())
    assert failures == []


def children() -> set[str]:
    """The processes that this one started and that run."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


def test_a_child_that_was_never_started_on_a_loop_answers_no_thread() -> None:
    with pytest.raises(ChannelBroken):
        LoopChild("tests.bridge.talking").call("echo", LONG, value=1)


def test_who_waits_for_a_child_that_cannot_run_is_told() -> None:
    async def act() -> None:
        child = LoopChild("tests.bridge.no_such_program")
        told = await asyncio.gather(*(child.ask("echo", LONG, value=1) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in told] == [ChannelBroken] * 3
        await child.stop()

    asyncio.run(act())


def test_an_answer_that_fails_its_hearer_stops_nobody_behind() -> None:
    async def scenario(child: LoopChild) -> None:
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context["exception"]))

        def fail(_result: object, _error: Exception | None) -> None:
            raise KeyError

        child.begin("echo", LONG, fail, value=1)
        assert await child.ask("echo", LONG, value=2) == 2
        assert [type(failure) for failure in failures] == [KeyError]

    play(scenario)


@pytest.mark.parametrize("answer", [5, {}, {"error": 1}])
def test_what_is_no_answer_is_told_as_none(answer: object) -> None:
    async def scenario(child: LoopChild) -> None:
        assert isinstance(await swift(child, "pretend", answer=answer), ChannelBroken)

    play(scenario)


async def swift(child: LoopChild, method: str, seconds: float = LONG, /, **params: object) -> object:
    """The result of a question asked from the loop itself, or the exception."""
    told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    child.begin(method, seconds, lambda result, error: told.set_result(error or result), **params)
    return await asyncio.wait_for(told, LONG)


def test_an_answer_that_arrives_in_pieces_is_read_whole() -> None:
    async def scenario(child: LoopChild) -> None:
        for octets in (0, 1, 70_000, 3_000_000):
            assert await swift(child, "plenty", octets=octets) == bytes(octets)

    play(scenario)


def test_who_asks_from_the_loop_is_told_of_one_that_hangs_or_dies() -> None:
    async def scenario(child: LoopChild) -> None:
        assert isinstance(await swift(child, "sleep", 0.2, seconds=60), ChannelBroken)
        assert await swift(child, "echo", value=1) == 1
        assert isinstance(await swift(child, "die"), ChannelBroken)
        assert await swift(child, "echo", value=2) == 2

    play(scenario)
