"""Random sequences of what a person, a page, a card and a crash can do to the bridge, with one virtual card at a time.

A sequence is some steps; whatever they were, afterwards the card's counters must fit the keystrokes, and now and then the
right PIN must open the card again.
"""

import base64
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.bridge.running import BridgeError, Page, RunningBridge
from tests.soak.witness import Keyboard, Witness
from tests.vcard.stack import CardStack

PIN = "1234"
_RIVAL = Path(__file__).parents[1] / "vcard" / "rival.py"
_PATIENCE = 45.0  # seconds a page waits for its answer
_CHANGE_OF_CARDS = 0.6  # seconds; pcscd looks at its readers every 0.2
_SETTLED = 0.4  # seconds without a command to the card


@dataclass
class Player:
    """Plays sequences, each on one of the cards. `outcomes` counts the answers pages got, `steps` what was done."""

    stack: CardStack
    bridge: RunningBridge
    witnesses: list[Witness]
    keyboard: Keyboard
    origins: Iterator[str]
    random: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    last: str = ""
    _origin: str = ""

    def __post_init__(self) -> None:
        self._origin = next(self.origins)
        self._pool = ThreadPoolExecutor(4)
        self.witness = self.witnesses[0]

    def close(self) -> None:
        self._pool.shutdown()

    def play(self) -> list[str]:
        """One sequence. What it proved wrong, if anything."""
        self._take(self.random.choice(self.witnesses))
        steps = self.random.choices(STEPS, k=self.random.randint(2, 4))
        self.last = ", ".join(step.__name__ for step in steps)
        for step in steps:
            self.steps[step.__name__] += 1
            step(self)
        complaints = self._complaints()
        return complaints if self.random.random() < 0.8 else [*complaints, *self._recover(), *self._complaints()]

    # ---- steps

    def right_pin(self) -> None:
        self._prompt(PIN)
        self._use(self._origin)

    def wrong_pin(self) -> None:
        self._prompt(self.random.choice(["0000", "9999", f"{self.random.randrange(2000, 9000)}"]))
        self._use(self._origin)

    def cancelled_prompt(self) -> None:
        self._prompt(PIN, cancel="pin")
        self._use(self._origin)

    def two_origins(self) -> None:
        self._prompt(self.random.choice([PIN, PIN, "7777"]))
        other = next(self.origins)
        calls = [self._pool.submit(self._use, origin) for origin in (self._origin, other)]
        for call in calls:
            call.result(_PATIENCE)

    def pull_and_reinsert(self) -> None:
        self.stack.empty()
        if self.random.random() < 0.5:
            self._use(self._origin)
        self._insert()

    def pull_under_the_prompt(self) -> None:
        with self._under_the_prompt():
            self.stack.empty()
        self._insert()

    def page_leaves_under_the_prompt(self) -> None:
        self._prompt(PIN)
        with self._nobody_types(), self.bridge.page(self._origin) as page:
            begun = self._prompts()
            leaving = self._pool.submit(self._call, page)
            self._wait_for_prompt(begun, leaving)
            page.close()
            leaving.result(_PATIENCE)
        self._settle()

    def worker_dies(self) -> None:
        self._kill_worker()
        self._prompt(PIN)
        self._use(self._origin)

    def worker_dies_under_the_prompt(self) -> None:
        with self._under_the_prompt():
            self._kill_worker()

    def rival_spends_a_try(self) -> None:
        self._rival()

    def rival_under_the_prompt(self) -> None:
        with self._under_the_prompt():
            self._rival()

    def session_is_locked(self) -> None:
        with suppress(BridgeError), self.bridge.page(self._origin) as page:
            page.call("session.lock")

    # ---- their means

    def _take(self, witness: Witness) -> None:
        """Unblock this card, and put it into a reader unless it is in one; a hand takes its time to change cards."""
        witness.unblock()
        self.witness = witness
        if all(reader.card is not witness.card for reader in self.stack.readers):
            self.stack.empty()
            time.sleep(_CHANGE_OF_CARDS)
            self._insert()

    def _complaints(self) -> list[str]:
        return self.witness.complaints(self.keyboard.typed())

    def _insert(self) -> None:
        reader = self.random.choice(self.stack.readers)
        self.stack.empty()
        reader.insert(self.witness.card)

    def _prompt(self, pin: str, **members: Any) -> None:
        """What the prompt does from now on. In one step: a prompt may just be reading it."""
        file = self.bridge.folder / "pins.json"
        draft = file.with_suffix(".new")
        pins = {witness.card.serial: pin for witness in self.witnesses}
        draft.write_text(json.dumps({**pins, **members}), "utf-8")
        draft.replace(file)

    @contextmanager
    def _under_the_prompt(self) -> Iterator[None]:
        """Do something while a prompt is open and nobody has typed yet."""
        self._prompt(self.random.choice([PIN, "7777"]))
        with self._nobody_types():
            begun = self._prompts()
            call = self._pool.submit(self._use, self._origin)
            self._wait_for_prompt(begun, call)
            yield
        call.result(_PATIENCE)

    def _settle(self) -> None:
        """A PIN typed just as its page left is still given to the card, and nobody waits for the answer."""
        seen = -1
        while seen != (seen := self.witness.card.counters.apdus):
            time.sleep(_SETTLED)

    @contextmanager
    def _nobody_types(self) -> Iterator[None]:
        hold = self.bridge.folder / "prompts.log.hold"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()

    def _prompts(self) -> int:
        log = self.bridge.folder / "prompts.log"
        return log.stat().st_size if log.exists() else 0

    def _wait_for_prompt(self, begun: int, call: "Future[Any]") -> None:
        while self._prompts() == begun and not call.done():
            time.sleep(0.01)

    def _use(self, origin: str) -> None:
        """A page of that origin wants a login token of the first card it sees."""
        with self.bridge.page(origin) as page:
            self._call(page)

    def _call(self, page: Page) -> str:
        try:
            cards = page.call("card.list", timeout=_PATIENCE)["cards"]
            if cards:
                challenge = base64.b64encode(secrets.token_bytes(32)).decode()
                page.call("auth.token", timeout=_PATIENCE, card=cards[0]["card"], challenge=challenge)
            outcome = "ok" if cards else "no card"
        except BridgeError as error:
            outcome = error.name
        except ConnectionClosed:
            outcome = "left"
        self.outcomes[outcome] += 1
        if outcome in {"USER_CANCELLED", "RATE_LIMITED"} and page.origin == self._origin:
            self._origin = next(self.origins)  # this one's next prompt has to wait
        return outcome

    def _rival(self) -> None:
        """Another program spends a try, but not the last one."""
        for reader in self.stack.readers:
            if reader.card is self.witness.card and self.witness.pin.tries > 1:
                with self.witness.others():
                    command = [sys.executable, "-S", str(_RIVAL), reader.name]
                    environment = {**os.environ, **self.stack.environment}
                    subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE, check=False)

    def _kill_worker(self) -> None:
        for pid in _children(self.bridge.process.pid):
            if b"bridge.card.worker\0pkcs11" in _command(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _recover(self) -> list[str]:
        """After everything, the right PIN opens the card."""
        self.witness.unblock()
        self._insert()
        self._prompt(PIN)
        outcome = ""
        for _ in range(20):
            with self.bridge.page(next(self.origins)) as page:
                outcome = self._call(page)
            if outcome == "ok":
                return []
            time.sleep(0.1)
        return [f"not usable afterwards: {outcome}"]


STEPS: tuple[Callable[[Player], None], ...] = (
    Player.right_pin,
    Player.wrong_pin,
    Player.wrong_pin,
    Player.cancelled_prompt,
    Player.two_origins,
    Player.pull_and_reinsert,
    Player.pull_under_the_prompt,
    Player.page_leaves_under_the_prompt,
    Player.worker_dies,
    Player.worker_dies_under_the_prompt,
    Player.rival_spends_a_try,
    Player.rival_under_the_prompt,
    Player.session_is_locked,
)


def _children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
