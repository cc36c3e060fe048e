"""A parser in a process of its own, watched from outside: what it answers, and what each sample cost it."""

from __future__ import annotations

import json
import os
import resource
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

HERE = Path(__file__).parent
MAX_CPU = 1.0  # seconds for one sample (issue 3)
MAX_MEMORY = 200_000  # kB more than before it
_GIVE_UP = 5.0  # seconds of CPU after which nobody waits any longer
_DEADLOCK = 120.0  # seconds on the clock, on a busy machine
_TICKS = os.sysconf("SC_CLK_TCK")
_ADDRESS_SPACE = 4 << 30


@dataclass
class Reading:
    """The answer to one sample. `fault` says what must not be: a crash, too long, too much, or no answer at all."""

    facts: Any = None
    fault: str = ""
    cpu: float = 0.0
    memory: int = field(default=0)


class Reader:
    """`readers.py` or `readers.js` for one target; started again where a sample killed it."""

    def __init__(self, language: str, target: str) -> None:
        self.language, self.target = language, target
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def read(self, sample: bytes) -> Reading:
        """One sample, measured."""
        process = self._running()
        before_cpu, before_memory = self._cpu(process), self._memory(process)
        assert process.stdin is not None
        try:
            process.stdin.write(struct.pack(">I", len(sample)) + sample)
            process.stdin.flush()
            line = self._line(process, before_cpu)
        except BrokenPipeError:
            line = None
        if line is None:
            return self._ended(process, before_cpu)
        cpu, memory = self._cpu(process) - before_cpu, self._peak(process) - before_memory
        return _judged(json.loads(line), cpu, memory)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._buffer = b""
            program = [sys.executable, str(HERE / "readers.py")] if self.language == "python" else _node()
            self._process = subprocess.Popen(
                [*program, self.target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=_limited if self.language == "python" else None,  # noqa: PLW1509 -- no threads here
            )  # fmt: skip
            self._warm_up()
        return self._process

    def _warm_up(self) -> None:
        """Loading modules is not the first sample's cost."""
        assert self._process is not None
        assert self._process.stdin is not None
        for sample in (b"0", b"0\x80"):
            self._process.stdin.write(struct.pack(">I", len(sample)) + sample)
            self._process.stdin.flush()
            if self._line(self._process, 0.0, patience=60.0) is None:
                raise RuntimeError(f"the {self.language} reader of {self.target} does not start: {self._last_words()}")

    def _line(self, process: subprocess.Popen[bytes], before: float, patience: float = _GIVE_UP) -> bytes | None:
        assert process.stdout is not None
        start = time.monotonic()
        while b"\n" not in self._buffer:
            if select.select([process.stdout], [], [], 0.5)[0]:
                chunk = os.read(process.stdout.fileno(), 1 << 20)
                if not chunk:
                    return None
                self._buffer += chunk
            elif self._cpu(process) - before > patience or time.monotonic() - start > _DEADLOCK:
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _ended(self, process: subprocess.Popen[bytes], before: float) -> Reading:
        """No answer: it died, or it is killed now."""
        try:
            died = process.wait(5) is not None
        except subprocess.TimeoutExpired:
            died = False
        cpu = 0.0 if died else self._cpu(process) - before
        self.stop()
        return Reading(fault="died" if died else f"no answer after {cpu:.1f} s of CPU", cpu=cpu)

    def _last_words(self) -> str:
        assert self._process is not None
        self._process.kill()
        return self._process.communicate()[1].decode(errors="replace")[-500:]

    def _cpu(self, process: subprocess.Popen[bytes]) -> float:
        """Seconds that all its threads have used."""
        fields = _proc(process, "stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0

    def _memory(self, process: subprocess.Popen[bytes]) -> int:
        """Resident kB now; the peak starts anew."""
        with suppress(OSError):  # it may be gone by now, which the answer will tell
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        return _status(process, "VmRSS")

    def _peak(self, process: subprocess.Popen[bytes]) -> int:
        return _status(process, "VmHWM")


@cache
def _node() -> list[str]:
    """Node itself: where `node` is a script that starts it, as that of its Python wheel, the script would be watched and killed."""
    itself = subprocess.run(
        ["node", "-p", "process.execPath"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return [itself, "--max-old-space-size=400", str(HERE / "readers.js")]


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))


def _judged(answer: dict[str, Any], cpu: float, memory: int) -> Reading:
    fault = answer.get("crash", "")
    if cpu > MAX_CPU:
        fault = f"{cpu:.1f} s of CPU {fault}"
    if memory > MAX_MEMORY:
        fault = f"{memory // 1000} MB more {fault}"
    return Reading(answer.get("facts"), fault, cpu, memory)


def _proc(process: subprocess.Popen[bytes], name: str) -> str:
    try:
        return Path(f"/proc/{process.pid}/{name}").read_text()
    except OSError:
        return ""


def _status(process: subprocess.Popen[bytes], name: str) -> int:
    for line in _proc(process, "status").splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0
