"""Configuration: what every answer carries, what logs keep to themselves, how static files are named."""

import logging
import stat
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from webmail.logs import DiscreetFormatter
from webmail.release import release_hash
from webmail.settings import _bridge_ports

HOST = {"HTTP_HOST": "localhost"}


@pytest.mark.parametrize("path", ["/no-such-page", "/static/none", "/jmap/download/a/b"])
def test_every_answer_carries_the_policy(db, path):
    answer = Client(raise_request_exception=False).get(path, **HOST)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:28610 ")
    assert "http://127.0.0.1:28617;" in policy
    assert policy.endswith("require-trusted-types-for 'script'; trusted-types lit-html dompurify pli")
    assert "unsafe" not in policy
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    answer.close()


def test_pages_reach_the_usual_ports_and_no_other(db):
    policy = Client().get("/", **HOST).headers["Content-Security-Policy"]
    loopback = {word.rstrip(";") for word in policy.split() if "127.0.0.1" in word}
    assert loopback == {f"{scheme}://127.0.0.1:{port}" for scheme in ("ws", "http") for port in range(28610, 28618)}


def test_a_page_is_told_its_ports(db):
    assert b' data-bridge-ports="28610-28617"' in Client().get("/bridge-check", **HOST).content


@pytest.mark.parametrize(
    "ports", ["", "x", "80-90", "28617-28610", "28610-28738", "65530-65536", "0", "28610-28617-9", "*"]
)
def test_a_bridge_has_no_other_ports(ports):
    with pytest.raises((ImproperlyConfigured, ValueError)):
        _bridge_ports(ports)


def test_a_shared_host_has_a_range_of_its_own():
    assert _bridge_ports("28610-28649") == range(28610, 28650)
    assert _bridge_ports("28610") == range(28610, 28611)


def test_a_wrong_host_is_refused_with_the_policy(db):
    answer = Client().get("/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers


def test_the_release_hash_follows_every_byte_and_name(tmp_path):
    hashes = set()
    for number, (name, content) in enumerate([("a.js", b"1"), ("a.js", b"2"), ("b.js", b"1"), ("a.js1", b"")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(content)
        hashes.add(release_hash(folder))
    assert len(hashes) == 4


def test_the_secret_is_for_its_owner_only():
    file = Path(settings.PLI_DATA) / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(settings.SECRET_KEY) >= 64


def test_logs_keep_no_value_of_an_exception():
    try:
        int("Mme Dupont")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it failed", None, sys.exc_info())
    line = DiscreetFormatter().format(record)
    assert "Dupont" not in line
    assert "ValueError" in line
    assert "test_settings.py" in line
