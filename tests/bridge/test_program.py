import subprocess
import sys

import pytest

from bridge.program import bridge_command, environment_of, module_command, run_as_module


def test_from_source_python_runs_the_package():
    assert bridge_command("serve") == [sys.executable, "-P", "-m", "bridge", "serve"]
    assert module_command("bridge.vault") == [sys.executable, "-P", "-m", "bridge.vault"]


def test_a_packaged_program_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert bridge_command("serve") == [sys.executable, "serve"]
    assert module_command("bridge.vault", "x") == [sys.executable, "--module", "bridge.vault", "x"]


def test_another_program_gets_the_library_path_of_the_session(monkeypatch):
    environment = {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/opt/pli/_internal"}
    assert environment_of("/usr/bin/pinentry", environment) == environment
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert environment_of(sys.executable, environment) == environment
    assert environment_of("/usr/bin/pinentry", environment) == {"PATH": "/usr/bin"}
    kept = environment_of("/usr/bin/pinentry", {**environment, "LD_LIBRARY_PATH_ORIG": "/usr/local/lib"})
    assert kept["LD_LIBRARY_PATH"] == "/usr/local/lib"


def test_a_module_runs_with_its_arguments():
    script = "from bridge.program import run_as_module; run_as_module(['bridge.card.worker', 'software', '/nowhere'])"
    answer = subprocess.run([sys.executable, "-c", script], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, b"")


@pytest.mark.parametrize(
    "command", [bridge_command("--help"), module_command("bridge.card.worker", "software", "/nowhere")]
)
def test_nothing_of_the_folder_somebody_stands_in_runs(tmp_path, command):
    """In /tmp another user may have laid it there, in Downloads a web page."""
    (tmp_path / "bridge").mkdir()
    for name in ("bridge/__init__.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit('not ours')")
    answer = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_only_modules_of_ours_run():
    with pytest.raises(SystemExit):
        run_as_module(["antigravity"])
