"""A second `make demo` beside a running one, and a process of it that ends at once: the terminal says why."""

import sys
from pathlib import Path

import pytest

from tests.manage import manage
from webmail.management.demo.one_at_a_time import alone
from webmail.management.demo.processes import Processes
from webmail.management.demo.run import start_over


@pytest.mark.parametrize("more", [(), ("--fresh",)])
def test_a_second_practice_in_the_same_folder_says_so_and_touches_nothing(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    (tmp_path / "mail").write_text("kept")
    with alone(tmp_path):
        before = {file: file.read_bytes() for file in tmp_path.iterdir()}
        second = manage({}, "demo", "--data", tmp_path, *more)
        assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert f"in {tmp_path}" in second.stderr
    assert "Ctrl-C" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_next_one_starts_once_the_first_has_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(tmp_path):
            assert tmp_path.is_dir()


def test_starting_over_forgets_all_but_who_is_here(tmp_path: Path) -> None:
    """Or a third would find the folder free."""
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "key").touch()
    (tmp_path / "practice-open").touch()
    with alone(tmp_path):
        start_over(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        with pytest.raises(SystemExit), alone(tmp_path):
            pytest.fail("two at once")


def test_a_process_that_ends_at_once_gives_its_reason(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("bridge", [sys.executable, "-c", "raise SystemExit('no room for it')"], {})
        with pytest.raises(SystemExit) as ended:
            processes.wait_for("bridge", tmp_path / "ready")
    assert "no room for it" in str(ended.value)
    assert str(tmp_path / "bridge.log") in str(ended.value)


def test_a_command_that_fails_gives_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        Processes(tmp_path).run("migrate", [sys.executable, "-c", "print('far too old'); raise SystemExit(3)"], {})
    assert "far too old" in str(ended.value)
