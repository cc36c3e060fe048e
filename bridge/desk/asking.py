"""When a person may be asked: one prompt at a time, and less and less for a page whose prompts are cancelled."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bridge.card.errors import CardError
from bridge.desk.caller import Caller, Either
from bridge.prompts.requests import ConsentRequest, Prompter
from bridge.protocol import RpcError

# Seconds to wait after the first cancellation (a slip of the hand is no attack) and after the second; the third within an
# hour ends the page's questions until that hour is over.
_WAITS = (0, 30)
_MOST_CANCELLED = len(_WAITS) + 1
_HOUR = 3600
_UNANSWERED = {"USER_CANCELLED", "PIN_TIMEOUT"}
# Prompts that a page's own leaving took away, within five minutes: windows that flash up are an attack too.
_MOST_WITHDRAWN = 20
_WITHDRAWN_SECONDS = 300
_LOOK_SECONDS = 0.25


class Cancellations:
    """The prompts of each origin that nobody answered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cancelled: dict[str, list[float]] = defaultdict(list)
        self._withdrawn: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_MOST_WITHDRAWN))

    def check(self, origin: str) -> None:
        """Raises RpcError RATE_LIMITED with `retryAfter` seconds while this origin may not ask."""
        wait = max(self._open_at(origin), self._calm_at(origin)) - self._clock()
        if wait > 0:
            raise RpcError("RATE_LIMITED", retryAfter=int(wait) + 1)

    def add(self, origin: str) -> None:
        """The person left a prompt of this origin without an answer."""
        self._cancelled[origin].append(self._clock())

    def withdraw(self, origin: str) -> None:
        """A page of this origin left while it asked."""
        self._withdrawn[origin].append(self._clock())

    def _calm_at(self, origin: str) -> float:
        withdrawn = self._withdrawn[origin]
        return withdrawn[0] + _WITHDRAWN_SECONDS if len(withdrawn) == _MOST_WITHDRAWN else 0.0

    def _open_at(self, origin: str) -> float:
        recent = [when for when in self._cancelled.get(origin, ()) if when > self._clock() - _HOUR]
        if not recent:
            return 0.0
        if len(recent) >= _MOST_CANCELLED:
            return recent[-_MOST_CANCELLED] + _HOUR
        return recent[-1] + _WAITS[len(recent) - 1]


class Asking:
    """Takes turns. `seconds`: how long one waits for another's prompt to be answered."""

    def __init__(self, prompter: Prompter, seconds: float, cancellations: Cancellations | None = None) -> None:
        self.prompter = prompter
        self._seconds = seconds
        self._cancellations = cancellations or Cancellations()
        self._turn = threading.Lock()
        self._prompt_for: tuple[str, Either] | None = None

    @contextmanager
    def turn(self, caller: Caller, identity: str = "") -> Iterator[threading.Event]:
        """The turn of this caller to ask, about the card of that identity if it is named.

        Yields what takes the prompt away: the card, or the page, is gone. Raises RpcError RATE_LIMITED, BUSY, and
        CARD_REMOVED where that is why the prompt ended.
        """
        self._cancellations.check(caller.origin)
        self._wait_for_turn(caller)
        cancelled = Either(caller.cancelled)
        try:
            self._cancellations.check(caller.origin)  # what was cancelled while this one waited
            self._prompt_for = (identity, cancelled)
            yield cancelled
        except RpcError as error:
            gone = identity and cancelled.own and not caller.cancelled.is_set()
            raise (RpcError("CARD_REMOVED") if gone and error.name == "USER_CANCELLED" else error) from None
        finally:
            self._prompt_for = None
            self._turn.release()

    def _wait_for_turn(self, caller: Caller) -> None:
        """A page that left waits no longer: it would keep a thread from others. Raises RpcError BUSY."""
        end = time.monotonic() + self._seconds
        while not self._turn.acquire(timeout=min(_LOOK_SECONDS, max(0.0, end - time.monotonic()))):
            if caller.cancelled.is_set() or time.monotonic() >= end:
                raise RpcError("BUSY")

    @contextmanager
    def question(self, caller: Caller, cancelled: threading.Event) -> Iterator[None]:
        """One prompt: counts what the person cancels. A prompt taken away from him is not cancelled by him."""
        try:
            yield
        except (RpcError, CardError) as error:
            name = error.name if isinstance(error, RpcError) else error.code  # a reader's own pad answers as a card
            if name in _UNANSWERED and not caller.is_person:
                self._count(caller, cancelled)
            raise

    def _count(self, caller: Caller, cancelled: threading.Event) -> None:
        if caller.cancelled.is_set():
            self._cancellations.withdraw(caller.origin)
        elif not cancelled.is_set():
            self._cancellations.add(caller.origin)

    def confirm(self, caller: Caller, request: ConsentRequest, cancelled: threading.Event) -> None:
        """Return when the person agrees. Raises RpcError USER_CANCELLED, PIN_TIMEOUT."""
        with self.question(caller, cancelled):
            self.prompter.confirm(request, cancelled)

    def take_away(self, identity: str | None = None) -> None:
        """The card is gone, and so is the prompt for it; None: whatever prompt there is."""
        prompt = self._prompt_for
        if prompt is not None and identity in {None, prompt[0]}:
            prompt[1].set()
