"""Log lines that cannot carry content: of an exception they keep its type and where it happened, never its text."""

import logging
import traceback
from types import TracebackType

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """`TIME LEVEL logger: message`; the values of a failed request or message never reach the line."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - the name is logging's
        """The chain of places, innermost last, and the type of the exception."""
        kind, _, trace = ei
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        return " <- ".join(reversed(places)) + f" {kind.__qualname__ if kind else ''}"
