"""Questions to ask, and a way to ask them while a test plays the person."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from bridge.prompts.pin import Pin
from bridge.prompts.requests import ConsentRequest, PinRequest, Purpose

Ask = Callable[[Callable[[threading.Event], Pin | None]], "Asked"]


class Asked:
    """A question under way in a thread of its own."""

    def __init__(self, question: Callable[[threading.Event], Pin | None]) -> None:
        self.cancelled = threading.Event()
        self._outcome: Future[Pin | None] = Future()
        self._thread = threading.Thread(target=self._run, args=(question,), daemon=True)
        self._thread.start()

    def _run(self, question: Callable[[threading.Event], Pin | None]) -> None:
        try:
            self._outcome.set_result(question(self.cancelled))
        except Exception as error:  # noqa: BLE001 (handed to the test)
            self._outcome.set_exception(error)

    def result(self) -> Pin | None:
        """The answer; raises what the question raised."""
        try:
            return self._outcome.result(timeout=40)
        finally:
            self._thread.join(5)

    def typed(self) -> str:
        pin = self.result()
        assert pin is not None
        with pin:
            return bytes(pin.octets).decode()


@pytest.fixture
def pin_request() -> PinRequest:
    purpose = Purpose("open", (("address", "a@b.example"),))
    return PinRequest("https://mail.example", "Reader 1", "CPS Alice", "S-1", purpose, 3)


@pytest.fixture
def consent_request() -> ConsentRequest:
    return ConsentRequest("https://mail.example", "CPS Alice", "S-1", Purpose("certificate-consent"))


@pytest.fixture
def ask() -> Ask:
    return Asked
