"""A PostgreSQL server of its own in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PostgreSql:
    """One that runs: `log` is what it says, and with `log_statement=all` every statement it is given."""

    programs: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://pli@/postgres?host={self.folder}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def dump(self) -> bytes:
        """Everything in it, as `pg_dump` writes it for a backup."""
        beside = self.programs / "pg_dump"
        command = [beside if beside.exists() else "pg_dump", "-h", self.folder, "-U", "pli", "postgres"]
        return subprocess.run(command, check=True, capture_output=True).stdout


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; Debian keeps them off PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def postgresql(**settings: str) -> Iterator[PostgreSql]:
    """PostgreSQL refuses to run as root, so root starts it as nobody, in a folder outside pytest's (which is 0700).

    Raises LookupError where it is not installed.
    """
    bin_folder = programs()
    if bin_folder is None:
        raise LookupError("PostgreSQL is not installed: `make setup` says how to get it.")
    folder = Path(tempfile.mkdtemp(prefix="pli-pg-"))
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
    control = [*as_nobody, bin_folder / "pg_ctl", "-s", "-w", "-D", folder / "data"]
    initdb = [*as_nobody, bin_folder / "initdb", "-A", "trust", "-U", "pli", "--no-sync", "-E", "UTF8"]
    subprocess.run([*initdb, "-D", folder / "data"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    wanted = {"listen_addresses": "''", "unix_socket_directories": str(folder), "fsync": "off", **settings}
    options = " ".join(f"-c {name}={value}" for name, value in wanted.items())
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, cwd=folder)
    try:
        yield PostgreSql(bin_folder, folder)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder)
        shutil.rmtree(folder)
