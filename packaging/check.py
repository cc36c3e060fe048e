"""`make package-check`: what `make package` built works where there is no Python: log in with a card, install, uninstall.

Unpacks the archive into a scratch folder and runs it with an empty environment; verifies the sums, and the Debian package
where `dpkg` is there. Prints a line for each thing seen.
"""

import base64
import json
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge.pki.sample_health_pki import issue_sample_pki  # noqa: E402
from tests.bridge.running import RunningBridge, write_policy  # noqa: E402

FILES = ROOT / "build" / "package" / "files"
SECONDS = 30.0


def main() -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=FILES, check=True)
    say("the sums are right")
    for package in FILES.glob("*.deb"):
        check_debian(package)
    (archive,) = FILES.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as scratch:
        check_archive(archive, Path(scratch))


def check_archive(archive: Path, scratch: Path) -> None:
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(scratch)], check=True)
    program = scratch / "pli-bridge" / "pli-bridge"
    issue_sample_pki(scratch / "pki")
    home = scratch / "home"
    (home / "bridge").mkdir(parents=True)
    policy = write_policy(home / "bridge", scratch / "pki")
    check_login(program, policy, home)
    check_installing(program, policy, home)


def check_login(program: Path, policy: Path, home: Path) -> None:
    ready = home / "ready.json"
    began = time.monotonic()
    process = subprocess.Popen(
        [program, "serve", "--policy", str(policy), "--ready-file", str(ready)], env=environment(home)
    )
    bridge = RunningBridge(policy.parent, process, wait_for(ready))
    say(f"listening after {time.monotonic() - began:.2f} s")
    try:
        with bridge.page() as page:
            token = page.call(
                "auth.token", card=page.card("Alice"), challenge=base64.b64encode(secrets.token_bytes(32)).decode()
            )
        say(f"logged in with a card: {token['algorithm']}")
    finally:
        bridge.stop()


def check_installing(program: Path, policy: Path, home: Path) -> None:
    run(program, home, "install", "--policy", str(policy), "--quiet")
    try:
        status = json.loads(run(program, home, "status", "--policy", str(policy)))
        say(f"installed and running on port {status['port']}")
    finally:
        run(program, home, "uninstall", "--policy", str(policy), "--purge")
    left = [file for file in home.rglob("pli-bridge*") if file.is_file()]
    if left:
        raise SystemExit(f"uninstall left {left}")
    say("uninstalled, nothing left")


def check_debian(package: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "--contents", str(package)], capture_output=True, text=True, check=True).stdout
    for wanted in ("./opt/pli-bridge/pli-bridge", "./usr/bin/pli-bridge", "./etc/xdg/autostart/pli-bridge.desktop"):
        if wanted not in listed:
            raise SystemExit(f"{package.name} has no {wanted}")
    say(f"{package.name} is whole")


def run(program: Path, home: Path, *arguments: str) -> str:
    answer = subprocess.run([program, *arguments], env=environment(home), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(f"pli-bridge {' '.join(arguments)}: {answer.returncode} {answer.stderr}")
    return answer.stdout


def environment(home: Path) -> dict[str, str]:
    """No PYTHONPATH, no virtual environment, no Python in the PATH."""
    return {"HOME": str(home), "PATH": "/nowhere", "LANG": "C.UTF-8"}


def wait_for(file: Path) -> dict[str, object]:
    end = time.monotonic() + SECONDS
    while not file.exists():
        if time.monotonic() > end:
            raise SystemExit("the packaged bridge does not listen")
        time.sleep(0.01)
    found: dict[str, object] = json.loads(file.read_text("utf-8"))
    return found


def say(text: str) -> None:
    sys.stdout.write(f"ok  {text}\n")


if __name__ == "__main__":
    main()
