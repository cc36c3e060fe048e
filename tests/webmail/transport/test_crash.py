"""The listener is killed under load: nothing it answered 250 for is lost, nothing is there twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.started import first_line

ROOT = Path(__file__).parents[3]
LARGE = "x" * 200_000  # stands in a file, so that a kill may fall between file and row


@pytest.fixture
def installation(live_practice, tmp_path):
    """A data folder of its own with the database of this test, for processes of their own."""
    alice = live_practice.open("alice")
    folder = tmp_path / "installation"
    folder.mkdir()
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(folder / "pli.sqlite3")) as copy:
        connection.connection.backup(copy)
    shutil.copy(Path(os.environ["PLI_DATA"]) / "secret", folder / "secret")
    return alice, folder


def start(folder):
    environment = {**os.environ, "PLI_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "webmail.settings"}
    process = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "lmtpd", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return process, int(first_line(process).split()[-1])


def send(port, address, message_id, body):
    """True if the message was answered 250."""
    with socket.create_connection(("127.0.0.1", port), 60) as client, client.makefile("rb") as replies:
        head = f"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{address}>\r\nDATA\r\n"
        client.sendall(f"{head}Message-ID: {message_id}\r\n\r\n{body}\r\n.\r\n".encode())
        lines = [line for line in replies_until_last(replies) if line[3:4] != b"-"]
        return lines[-1].startswith(b"250 2.0.0")


def replies_until_last(replies):
    lines = []
    while len([line for line in lines if line[3:4] != b"-"]) < 6:  # 220, LHLO, MAIL, RCPT, 354, the message
        line = replies.readline()
        if not line:
            raise ConnectionError
        lines.append(line)
    return lines


def load(port, address, numbers, acknowledged):
    for number in numbers:
        try:
            if send(port, address, f"<{number}@load>", f"{number} {LARGE if number % 2 else ''}"):
                acknowledged.append(number)
        except OSError:
            return


@pytest.mark.slow
def test_kill_loses_nothing_acknowledged_and_doubles_nothing(installation):
    alice, folder = installation
    acknowledged: list[int] = []
    for round_ in range(3):
        process, port = start(folder)
        ranges = [range(round_ * 3000 + lane * 1000, round_ * 3000 + lane * 1000 + 1000) for lane in range(3)]
        lanes = [
            threading.Thread(target=load, args=(port, alice.address, one, acknowledged), daemon=True) for one in ranges
        ]
        for lane in lanes:
            lane.start()
        before = len(acknowledged)
        while len(acknowledged) < before + 5 and any(lane.is_alive() for lane in lanes):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for lane in lanes:
            lane.join()
    process, port = start(folder)
    for number in acknowledged[-5:]:  # the sender did not hear the 250 and tries again
        assert send(port, alice.address, f"<{number}@load>", f"{number} {LARGE if number % 2 else ''}")
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()
    with contextlib.closing(sqlite3.connect(folder / "pli.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [[stored]] = database.execute("SELECT count(*) FROM webmail_message")
        [[tokens]] = database.execute("SELECT count(*) FROM webmail_seentoken WHERE kind='delivery'")
    assert len(acknowledged) > 10
    assert stored == tokens >= len(acknowledged)
    assert stored <= len(acknowledged) + 9  # committed, killed before the answer: at most one per connection
    checked = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check_references"],
        env={**os.environ, "PLI_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "webmail.settings"},
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
