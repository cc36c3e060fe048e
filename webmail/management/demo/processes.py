"""The demo's processes: started together, watched, and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 5
START_SECONDS = 30


class Processes:
    """A context that stops, in reverse order, whatever was started in it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, _process in reversed(list(self._running)):
            self.stop(name)

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Start a process in its own group (Ctrl-C reaches only us), its output in `logs/NAME.log`."""
        with (self._logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self._running.append((name, process))

    def run(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Run a command to its end; SystemExit names its log where it fails."""
        with (self._logs / f"{name}.log").open("ab") as log:
            arguments = [str(part) for part in command]
            done = subprocess.run(arguments, stdout=log, stderr=log, env={**os.environ, **environment}, check=False)
        if done.returncode:
            raise SystemExit(f"{name} failed. {self.said(name)}")

    def stop(self, name: str) -> None:
        """Ask a process to end, then make it."""
        process = dict(self._running)[name]
        self._running = [(other, running) for other, running in self._running if other != name]
        if process.poll() is not None:
            return
        process.terminate()  # not its group: a bridge stops its own workers, in its own order
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait_for(self, name: str, file: Path) -> str:
        """Wait until a process has written its ready file; returns what it says."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if file.exists() and (text := file.read_text()):
                return text
            self._require_alive(name)
            time.sleep(0.05)
        raise SystemExit(f"{name} did not start within {START_SECONDS} s. {self.said(name)}")

    def watch(self) -> str:
        """Return the name of the first process that ends."""
        while True:
            for name, process in self._running:
                if process.poll() is not None:
                    return name
            time.sleep(0.5)

    def _require_alive(self, name: str) -> None:
        if dict(self._running)[name].poll() is not None:
            raise SystemExit(f"{name} ended at once. {self.said(name)}")

    def said(self, name: str) -> str:
        """The last words of a process, and where the others stand."""
        log = self._logs / f"{name}.log"
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{last and f'It said: {last} '}(See {log})"


def python(*arguments: str | Path) -> list[str | Path]:
    """A command line for this very interpreter."""
    return [sys.executable, *arguments]
