"""The vault's memory is closed to other programs of its own user: real attempts, and the same ones on an open process."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.other_user import command_as, environment_of, python_of, run_as, uid_of
from tests.bridge.running import ROOT, running_bridge
from tests.started import first_line

ATTACKER = Path(__file__).with_name("attacker.py")


@contextlib.contextmanager
def running_as_other(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Python with these arguments, as a user that is not root: root may look into every process."""
    folder.chmod(0o777)
    # Whatever started the tests may ignore SIGQUIT, as a shell does for what it puts in the background.
    shell = ["env", "--default-signal", "sh", "-c", 'ulimit -c unlimited; exec "$0" "$@"']
    command = [*shell, python_of(uid_of()), *arguments]
    process = subprocess.Popen(
        command_as(uid_of(), command),
        env=environment_of(folder),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def attack(pid: int) -> dict[str, bool]:
    found: dict[str, bool] = json.loads(run_as(uid_of(), ATTACKER.read_text(), str(pid)))
    return found


def is_closed(pid: int) -> bool:
    """A process that cannot be dumped has its /proc files owned by root (proc(5)); so have those that start it, as root."""
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return arguments[1:3] == [b"-m", b"bridge.vault"] and Path(f"/proc/{pid}/mem").stat().st_uid == 0


@pytest.fixture
def vault(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with running_as_other(tmp_path, "-m", "bridge.vault") as process:
        wait_for(lambda: is_closed(process.pid))
        yield process


def test_the_attempts_work_on_a_process_that_is_open(tmp_path: Path) -> None:
    with running_as_other(tmp_path, "-c", "print('here', flush=True); input()") as victim:
        assert first_line(victim) == b"here\n"
        assert attack(victim.pid) == {"mem": True, "maps": True, "copy": True, "trace": True}


@pytest.mark.negative(62)
def test_no_program_of_the_same_user_reads_or_traces_the_vault(vault: "subprocess.Popen[bytes]") -> None:
    assert attack(vault.pid) == {"mem": False, "maps": False, "copy": False, "trace": False}


@pytest.mark.negative(62)
@pytest.mark.parametrize("fatal", [signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT])
def test_the_vault_leaves_no_core(vault: "subprocess.Popen[bytes]", fatal: signal.Signals, tmp_path: Path) -> None:
    """The wait status says whether the kernel dumped (WCOREDUMP); no file is there either."""
    os.kill(vault.pid, fatal)
    _, status = os.waitpid(vault.pid, 0)
    vault.returncode = -fatal
    assert os.WTERMSIG(status) == fatal
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


def test_an_open_process_would_leave_one(tmp_path: Path) -> None:
    with running_as_other(tmp_path, "-c", "print('here', flush=True); input()") as victim:
        assert first_line(victim) == b"here\n"
        os.kill(victim.pid, signal.SIGSEGV)
        _, status = os.waitpid(victim.pid, 0)
        victim.returncode = -signal.SIGSEGV
        assert os.WCOREDUMP(status)


@pytest.fixture
def cores_allowed() -> Iterator[None]:
    """As on a system that writes them."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.negative(62)
@pytest.mark.usefixtures("cores_allowed")
def test_no_process_of_the_bridge_leaves_a_core(sample_pki: SamplePki, tmp_path: Path) -> None:
    """A PIN passes through the listener, the prompt and the card's worker, where a vendor's library may crash."""
    with running_bridge(tmp_path, sample_pki.directory) as bridge, bridge.page() as page:
        bridge.set_pins({"CPS-0001": "1234", "delay": 20})
        params = {"card": page.card("Alice"), "challenge": "A" * 44}
        page.send({"jsonrpc": "2.0", "id": 1000, "method": "auth.token", "params": params})
        wait_for(lambda: bool(bridge.prompts("pin")))
        (prompt,) = bridge.prompts("pin")
        pids = [bridge.process.pid, int(prompt["pid"]), *bridge.facts["processes"].values()]
        assert [core_limit(pid) for pid in pids] == ["0 0"] * len(pids)


def core_limit(pid: int) -> str:
    """Soft and hard."""
    (line,) = (
        row for row in Path(f"/proc/{pid}/limits").read_text().splitlines() if row.startswith("Max core file size")
    )
    return " ".join(line.split()[4:6])


def test_the_vault_loads_nothing_that_validates_paths() -> None:
    """What a stranger's certificates are read by has no place beside the keys, and costs memory."""
    check = "import sys, bridge.vault; sys.exit('pyhanko_certvalidator' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, cwd=ROOT).returncode == 0
