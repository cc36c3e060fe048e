"""The domain on PostgreSQL: a server of its own in a temporary folder, and the same tests over again."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests" / "webmail"
SUITES = [
    "domain/test_acts_at_once.py",
    "domain/test_deliver.py",
    "domain/test_messages.py",
    "domain/test_submit.py",
    "transport/test_lmtp.py",
]


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; Debian keeps them off PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture
def database_url() -> Iterator[str]:
    """PostgreSQL refuses to run as root, so root starts it as nobody, in a folder outside pytest's (which is 0700)."""
    bin_folder = programs()
    if bin_folder is None:
        pytest.fail("PostgreSQL is not installed: `make setup` says how to get it.")
    folder = Path(tempfile.mkdtemp(prefix="pli-pg-"))
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
    control = [*as_nobody, bin_folder / "pg_ctl", "-s", "-w", "-D", folder / "data"]
    initdb = [*as_nobody, bin_folder / "initdb", "-A", "trust", "-U", "pli", "--no-sync", "-E", "UTF8"]
    subprocess.run([*initdb, "-D", folder / "data"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, cwd=folder)
    try:
        yield f"postgresql://pli@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder)
        shutil.rmtree(folder)


@pytest.mark.slow
def test_the_domain_holds_on_postgresql(database_url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PLI_DATABASE_URL": database_url, "PLI_DATA": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        *(TESTS / suite for suite in SUITES),
    ]
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-1000:]
