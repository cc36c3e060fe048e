import subprocess
import time
from collections.abc import Callable
from configparser import ConfigParser

import pytest

from bridge.install.linux import Session, autostart_entry, link_entry, unit

ODD = ["/opt/Pli bridge/100%/$HOME", "-m", "bridge", 'a "quoted" \\ word']


def eventually(found: Callable[[], bool]) -> bool:
    return any(found() or time.sleep(0.05) for _ in range(100))


def entry_of(text: str) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Desktop Entry"])


def test_systemd_takes_the_unit(tmp_path):
    """`systemd-analyze verify` reads it as systemd will, and finds the program."""
    program = tmp_path / "Pli bridge 100%"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "pli-bridge.service"
    file.write_text(unit([str(program), "serve", 'a "quoted" $HOME']))
    command = ["systemd-analyze", "verify", "--user", "--recursive-errors=no", "--man=no", str(file)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path)}
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_systemd_refuses_a_unit_without_its_program(tmp_path):
    file = tmp_path / "pli-bridge.service"
    file.write_text(unit([str(tmp_path / "missing"), "serve"]))
    command = ["systemd-analyze", "verify", "--user", "--recursive-errors=no", "--man=no", str(file)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path)}
    )
    assert "missing" in answer.stderr


@pytest.mark.parametrize("text", [autostart_entry(ODD), link_entry(ODD)])
def test_desktops_take_the_entries(tmp_path, text):
    file = tmp_path / "entry.desktop"
    file.write_text(text)
    answer = subprocess.run(["desktop-file-validate", str(file)], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_an_argument_survives_both_levels_of_quoting(tmp_path):
    """GLib reads the entry as a desktop does, and starts a program that writes down what it was given."""
    told = tmp_path / "told"
    program = tmp_path / "a $HOME `bridge`"  # GLib finds no program with a % in its own path
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}.new && mv {told}.new {told}\n')
    program.chmod(0o755)
    file = tmp_path / "entry.desktop"
    file.write_text(autostart_entry([str(program), *ODD]))
    subprocess.run(["gio", "launch", str(file)], check=True)
    assert eventually(told.exists)
    assert told.read_text().splitlines() == ODD


def test_links_are_handed_over_and_offered_to_the_desktop():
    entry = entry_of(link_entry(["/opt/pli-bridge", "link"]))
    assert entry["Exec"] == '"/opt/pli-bridge" "link" %u'
    assert entry["MimeType"] == "x-scheme-handler/pli-bridge;"


def test_without_systemd_the_desktop_starts_it(tmp_path):
    session = Session.of(tmp_path, {})
    written = session.install(["/opt/pli-bridge", "serve"], ["/opt/pli-bridge", "link"])
    again = session.install(["/opt/pli-bridge", "serve"], ["/opt/pli-bridge", "link"])
    assert written == again == [str(session.entry), str(session.link_entry)]
    assert not session.unit.exists()


def test_uninstall_leaves_nothing(tmp_path):
    session = Session.of(tmp_path, {})
    session.install(["/opt/pli-bridge", "serve"], ["/opt/pli-bridge", "link"])
    assert session.uninstall() == [str(session.entry), str(session.link_entry)]
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in left if "pli-bridge" in file.name + file.read_text()] == []  # caches belong to the desktop
    assert session.uninstall() == []


def test_systemd_is_seen_by_its_socket(tmp_path):
    (tmp_path / "run" / "systemd").mkdir(parents=True)
    (tmp_path / "run" / "systemd" / "private").touch()
    assert Session.of(tmp_path, {"XDG_RUNTIME_DIR": str(tmp_path / "run")}).systemd
    assert not Session.of(tmp_path, {"XDG_RUNTIME_DIR": str(tmp_path)}).systemd
