"""The owner sees who has read, and takes the mailbox along: by the real page, bridge and server (CN3)."""

import contextlib
import json
import mailbox
import subprocess
import sys
from pathlib import Path

import pytest
from desk import OPENING, Desk
from playwright.sync_api import expect
from test_accessibility import inspect

from webmail.management.demo.run import MANAGE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE = "alice.martin@pli.example"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def desk(practice, context):
    return Desk(context.new_page(), practice.places.origin("alice"))


@pytest.mark.capability("CN3")
def test_the_owner_sees_who_has_read_and_keeps_it_signed(practice, desk, pictures, tmp_path):
    page = desk.page
    desk.log_in_with_card("alice")
    letter = desk.open("Compte rendu")
    page.get_by_role("button", name="Enregistrer compte-rendu.pdf").click()
    letter.details()
    page.locator("[data-action=readers]").click()
    page.locator("dialog .trace-line").first.wait_for(timeout=OPENING)
    expect(page.locator("dialog .trace-line[data-act=shown]")).to_have_count(1)
    said = page.locator("dialog").inner_text()
    assert "a enregistré la pièce jointe n° 1 d’un message" in said
    assert "a vu un message" in said
    assert "a ouvert un message" in said
    pictures.shoot(page, "readers")
    found = inspect(page, "who has read a message")
    page.keyboard.press("Escape")
    page.locator("[data-place=trace]").click()
    page.locator(".trace-line[data-act=shown]").first.wait_for(timeout=OPENING)
    expect(page.locator(".trace-line[data-act=shown] .trace-subject").first).to_contain_text("Compte rendu")
    page.locator(".trace-meaning summary").click()
    pictures.shoot(page, "trace")
    found += inspect(page, "who has read")
    page.locator(".trace-filters select").nth(1).select_option("device")
    expect(page.locator(".trace-line[data-act=login]")).to_have_count(0)
    with page.expect_download() as saved:
        page.locator("[data-action=signed]").click()
    file = tmp_path / "trace.csv.p7m"
    saved.value.save_as(file)
    practice.manage("verify_trace", "--file", file)
    opened = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(file), "-noverify"]
    assert b"shown" in subprocess.run(opened, check=True, capture_output=True).stdout
    assert (found, desk.complaints) == ([], [])


def test_a_mailbox_is_taken_along(practice, desk, pictures, tmp_path):
    page, folder = desk.page, tmp_path / "mine"
    desk.log_in_with_card("alice")
    total = page.locator(".list-count").inner_text()
    page.locator("[data-place=leaving]").click()
    expect(page.locator(".leaving-command")).to_contain_text(f"pli-bridge export {ALICE}")
    pictures.shoot(page, "leaving")
    found = inspect(page, "taking the mailbox along")
    command = export(practice, folder)
    expect(page.locator(".place .notice-good")).to_be_visible(timeout=OPENING)
    said, wrong = command.communicate(timeout=60)
    assert (command.returncode, wrong) == (0, ""), said
    pictures.shoot(page, "left")
    subprocess.run(["sha256sum", "--check", "--quiet", "MANIFEST.txt"], cwd=folder, check=True)
    with contextlib.closing(mailbox.mbox(folder / "mail" / "Inbox.mbox")) as found_mail:
        subjects = [message["Subject"] for message in found_mail]
    assert str(len(subjects)) == total
    assert sorted(file.name for file in (folder / "keys").iterdir()) == [
        "epoch-1-encryption.p12",
        "epoch-1-signature.p12",
    ]
    assert not (folder / "mail" / "unopened").exists()
    page.locator("[data-place=trace]").click()
    expect(page.locator(".trace-line", has_text="a emporté toute la messagerie")).to_have_count(1)
    assert (found, desk.complaints) == ([], [])


def export(practice, folder: Path, policy: str = "journey") -> "subprocess.Popen[str]":
    """The command as the person types it, whose prompt chooses a passphrase; `policy`: of the computer where the mailbox is open."""
    pins = practice.prompt_log.parent / "pins.json"
    pins.write_text(json.dumps({**json.loads(pins.read_text("utf-8")), "new ": PASSPHRASE}), "utf-8")
    file = practice.places.bridge / f"policy-{policy}.json"
    line = [sys.executable, "-m", "bridge", "export", ALICE, "--into", str(folder), "--policy", str(file)]
    return subprocess.Popen(line, cwd=MANAGE.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
