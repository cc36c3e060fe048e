"""The practice on PostgreSQL and Redis as a hospital runs it, with everything written down that these and the wire are given."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from practice import Practice, free_port, open_practice

from tests.manage import manage
from tests.postgresql import PostgreSql, postgresql
from webmail.management.demo.practice import COLLEAGUES, PEOPLE
from webmail.management.demo.processes import python
from webmail.management.demo.run import MANAGE, wait_for_port

_CERTAIN = 30  # seconds that a command of a database may take


@dataclass(frozen=True)
class WholeServer:
    """`records` has a file each of what went over the wire, to Redis and to PostgreSQL; `keep` adds what they hold now."""

    practice: Practice
    records: Path
    database: PostgreSql
    redis_port: int

    def keep(self) -> None:
        """A dump of the database and of Redis, and the log of every statement."""
        (self.records / "postgresql.dump").write_bytes(self.database.dump())
        shutil.copy(self.database.log, self.records / "postgresql.log")
        _redis_cli(self.redis_port, "save")

    def places_of(self, *words: str) -> dict[str, set[str]]:
        """Where each word is found, in whatever form: tables, and names of files."""
        folders = [self.records, self.practice.places.logs, self.practice.places.bridge / "state"]
        where = [argument for folder in folders for argument in ("--folder", folder)]
        done = manage(self.environment, "find_clear", *words, *where)
        assert "Control word" in done.stdout or "findings." in done.stderr, done.stdout + done.stderr
        found: dict[str, set[str]] = {word: set() for word in words}
        for line in done.stderr.splitlines():
            word, _, rest = line.partition(": as ")
            if word in found:
                found[word].add(Path(rest.rpartition(" in ")[2]).name)
        return found

    @property
    def environment(self) -> dict[str, str]:
        """Of a management command on this server."""
        names = [person.name for person in (*PEOPLE, *COLLEAGUES)]
        stores = {"PLI_DATABASE_URL": self.database.url, "PLI_REDIS_URL": redis_url(self.redis_port)}
        return {**self.practice.places.server_environment(names), **stores}


@contextmanager
def whole_server(data: Path) -> Iterator[WholeServer]:
    """A practice of its own from its first start on."""
    records = data / "records"
    records.mkdir(parents=True)
    with (
        postgresql(log_statement="all") as database,
        _redis(records) as redis_port,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("PLI_DATABASE_URL", database.url)
        environment.setenv("PLI_REDIS_URL", redis_url(redis_port))
        with open_practice(data / "practice") as practice:
            _tap(practice, records / "wire.bin")
            yield WholeServer(practice, records, database, redis_port)


def redis_url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    """Everything it is told goes into `redis.monitor`, and at `save` what it holds into `redis.rdb`."""
    port = free_port()
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(["redis-server", *settings, "--dbfilename", "redis.rdb"], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        with (folder / "redis.monitor").open("wb") as monitored:
            monitor = subprocess.Popen(["redis-cli", "-p", str(port), "monitor"], stdout=monitored)
        try:
            yield port
        finally:
            monitor.terminate()
            monitor.wait(_CERTAIN)
    finally:
        server.terminate()
        server.wait(_CERTAIN)


def _redis_cli(port: int, *command: str) -> None:
    subprocess.run(["redis-cli", "-p", str(port), *command], check=True, capture_output=True, timeout=_CERTAIN)


def _tap(practice: Practice, file: Path) -> None:
    """The web process again, behind the tap."""
    places, here = practice.places, Path(__file__).parent
    environment = places.server_environment([person.name for person in (*PEOPLE, *COLLEAGUES)])
    command = [
        "-m",
        "uvicorn",
        "wire_tap:application",
        "--app-dir",
        here,
        "--host",
        "127.0.0.1",
        "--port",
        str(places.web_port),
    ]
    practice.processes.stop("web")
    tapped = {**environment, "PLI_TAP": str(file), "PYTHONPATH": str(MANAGE.parent)}
    practice.processes.start("web", python(*command, "--no-access-log", "--log-level", "warning"), tapped)
    wait_for_port(places.web_port)
