"""A terminal server: twenty users, each with a bridge of their own, on one loopback."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.refusal import REFUSAL
from tests.bridge.other_user import ROOT, command_as, environment_of, python_of, run_as
from tests.bridge.running import ORIGIN
from tests.started import end

USERS = range(52_001, 52_021)
PORTS = range(28_700, 28_740)
NOTHING = REFUSAL.decode()

# The command of each user, in processes of their own that share what Python has loaded: twenty starts for little more than one.
STARTER = r"""
import importlib, os, signal, sys
folder, users = sys.argv[1], range(int(sys.argv[2]), int(sys.argv[3]))
for name in ("commands.serve", "server", "methods", "verbs", "pairings", "control", "prompts.choice"):
    importlib.import_module("bridge." + name)
from bridge.__main__ import main

def serve(uid):
    home = f"{folder}/{uid}"
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.environ["HOME"] = home
    log = os.open(home + "/log", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["pli-bridge", "serve", "--policy", folder + "/policy.json", "--ready-file", home + "/ready.json"]
    main()

children = []
for uid in users:
    child = os.fork()
    if child == 0:
        serve(uid)
    children.append(child)
signal.signal(signal.SIGTERM, lambda *_: [os.kill(child, signal.SIGTERM) for child in children])
for child in children:
    os.waitpid(child, 0)
"""

# What a browser of one user does: ask the bridge at each port for the way, then for a socket.
BROWSER = r"""
import json, socket, sys
origin, ports = sys.argv[1], range(int(sys.argv[2]), int(sys.argv[3]))

def ask(port, line, *fields):
    head = "\r\n".join([line, f"Host: 127.0.0.1:{port}", f"Origin: {origin}", *fields, "", ""])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
        try:
            caller.sendall(head.encode())
            return caller.recv(4096).decode()
        except ConnectionError:
            return ""

def upgrade(port):
    return ask(port, "GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: pli-bridge.1")

found = {}
for port in ports:
    try:
        well_known = ask(port, "GET /.well-known/pli-bridge HTTP/1.1")
    except ConnectionRefusedError:
        continue
    found[port] = {"wellKnown": well_known, "relay": ask(port, "GET /relay HTTP/1.1"), "socket": upgrade(port)}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    """A folder every user can read: the administrator's policy, the rendezvous, and a home for each."""
    if os.geteuid() != 0:
        pytest.fail("twenty users are needed, and only root can act for them: run the tests as root")
    folder = Path(tempfile.mkdtemp(prefix="pli-host-"))  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    (folder / "rendezvous").mkdir()
    (folder / "rendezvous").chmod(0o1777)
    policy = {
        "origins": [ORIGIN],
        "modules": [],
        "state": "~/state",
        "prompt": {"kind": "assuan", "program": "/bin/true"},
        "ports": [PORTS.start, PORTS.stop - 1],
        "rendezvous": "rendezvous",
    }
    (folder / "policy.json").write_text(json.dumps(policy))
    compile_all = [sys.executable, "-m", "compileall", "-q", str(ROOT / "bridge")]
    subprocess.run(compile_all, env=environment_in(folder, Path("/")), check=True)  # once, not twenty times
    for uid in USERS:
        home = folder / str(uid)
        home.mkdir(mode=0o700)
        os.chown(home, uid, uid)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def ports(host: Path) -> Iterator[dict[int, int]]:
    """Twenty bridges, each run by its user; the port of each."""
    command = [python_of(USERS[0]), "-c", STARTER, str(host), str(USERS.start), str(USERS.stop)]
    with subprocess.Popen(command, env=environment_in(host, host), cwd="/") as starter:
        try:
            yield {uid: _ready(host, uid, starter) for uid in USERS}
        finally:
            end(starter, 30)


def environment_in(host: Path, home: Path) -> dict[str, str]:
    return environment_of(home) | {"PYTHONPYCACHEPREFIX": str(host / "compiled")}


def _ready(host: Path, uid: int, starter: "subprocess.Popen[bytes]") -> int:
    file, end = host / str(uid) / "ready.json", time.monotonic() + 60
    while not file.exists():
        if starter.poll() is not None or time.monotonic() > end:
            pytest.fail((host / str(uid) / "log").read_text())
        time.sleep(0.05)
    port: int = json.loads(file.read_text())["port"]
    return port


def browse(uid: int) -> dict[int, dict[str, str]]:
    found: dict[str, Any] = json.loads(run_as(uid, BROWSER, ORIGIN, str(PORTS.start), str(PORTS.stop), seconds=60))
    return {int(port): answers for port, answers in found.items()}


@pytest.mark.slow
@pytest.mark.negative(54)
def test_twenty_users_find_their_own_bridge_and_no_other(ports: dict[int, int]) -> None:
    assert len(set(ports.values())) == len(USERS)
    for uid, own in ports.items():
        seen = browse(uid)
        assert seen.keys() >= set(ports.values())
        for port in ports.values():
            answers = seen[port]
            told = json.loads(answers["wellKnown"].partition("\r\n\r\n")[2])
            if port == own:
                assert told == {"protocols": ["pli-bridge.1"]}
                assert answers["relay"].startswith("HTTP/1.1 200 ")
                assert answers["socket"].startswith("HTTP/1.1 101 ")
            else:
                assert told == {"protocols": ["pli-bridge.1"], "port": own}
                assert answers["relay"].startswith("HTTP/1.1 307 ")
                assert f"\r\nLocation: http://127.0.0.1:{own}/relay\r\n" in answers["relay"]
                assert answers["socket"] == NOTHING


@pytest.mark.slow
def test_a_stranger_without_a_bridge_is_told_nothing(ports: dict[int, int]) -> None:
    for answers in browse(USERS[-1] + 1).values():
        assert set(answers.values()) == {NOTHING}
    assert ports


@pytest.mark.slow
def test_a_second_bridge_of_the_same_user_says_so(ports: dict[int, int], host: Path) -> None:
    uid = USERS[0]
    command = command_as(uid, [python_of(uid), "-m", "bridge", "serve", "--policy", str(host / "policy.json")])
    done = subprocess.run(
        command,
        env=environment_in(host, host / str(uid)),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"pli-bridge: a bridge of this user runs already, on port {ports[uid]}\n"
