"""Modules that are slow, not hung: real ones, in their processes, told to take longer (tests/vcard/faults.py)."""

import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.card.errors import ModuleCrashed
from bridge.desk import CardDesk, watching
from bridge.modules import Module
from bridge.policy import Limits
from tests.bridge.card.conftest import PIN, HsmToken
from tests.vcard.faults import Faults

pytest_plugins = ["tests.vcard.faulty"]

LONG = 20.0


class Nobody:
    """No question comes to the person here."""


@pytest.fixture
def module(faults: Faults) -> Module:
    return Module("faulty", "pkcs11", str(faults.library), LONG)


@pytest.fixture
def desk(module: Module) -> Iterator[CardDesk]:
    made = CardDesk([module], Nobody(), Limits(), secrets.token_bytes(32))  # type: ignore[arg-type]
    yield made
    made.stop()


def serials(desk: CardDesk) -> list[str]:
    return [card.serial for card in desk.cards()]


def test_a_start_that_takes_long_is_no_crash(
    desk: CardDesk, faults: Faults, token: HsmToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_FIRST_LOOK_SECONDS", 0.0)
    faults.set("slow C_GetSlotList 0.3")
    desk.start()
    assert serials(desk) == [token.serial]


def test_a_start_that_fails_is_said_by_all_who_wait_for_it(desk: CardDesk, module: Module, faults: Faults) -> None:
    module.seconds = 0.5
    faults.set("crash C_GetSlotList")
    desk.start()
    for _ in range(2):
        with pytest.raises(ModuleCrashed):
            desk.cards()


def test_a_module_whose_process_cannot_be_started_is_tried_again(
    desk: CardDesk, module: Module, token: HsmToken
) -> None:
    """Nobody waits for it without end meanwhile, and its watch goes on."""
    command, module._child._command = module._child._command, ["/no/such/program"]
    desk.presence._watches[0].start()
    with pytest.raises(ModuleCrashed):
        desk.cards()
    module._child._command = command
    end = time.monotonic() + LONG
    while module.state != "ready":
        assert time.monotonic() < end
        time.sleep(0.05)
    assert serials(desk) == [token.serial]


def test_a_module_that_serves_somebody_else_has_not_crashed(
    desk: CardDesk, module: Module, faults: Faults, token: HsmToken
) -> None:
    """As while a person types at the pad of a reader: what is known of the cards stays."""
    desk.start()
    assert serials(desk) == [token.serial]
    module.seconds = 0.2
    faults.set("slow C_OpenSession 2")
    before = faults.calls().count("C_OpenSession")
    typing = threading.Thread(
        target=lambda: module.call("login", timeout=LONG, serial=token.serial, pin=PIN.encode()), daemon=True
    )
    typing.start()
    end = time.monotonic() + LONG
    while faults.calls().count("C_OpenSession") == before:
        assert time.monotonic() < end
        time.sleep(0.02)
    with ThreadPoolExecutor(3) as pages:  # one of them waits for the module, the others for that one
        assert list(pages.map(lambda _: serials(desk), range(3))) == [[token.serial]] * 3
    typing.join(LONG)
    assert module.state == "ready"
