"""What is written survives: a pulled card, a reload, an absent server, a restarted bridge (issue 2, *What bad input gets*)."""

import time

import pytest
from desk import OPENING, Desk

from webmail.management.demo import run

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def alice(practice, context):
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    return desk


def wait_until_locked(desk):
    desk.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)


def unlock(desk):
    desk.page.locator("[data-action=unlock]").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)


def wait_for_draft(desk, subject):
    desk.folder("Brouillons")
    desk.page.locator(".draft-item", has_text=subject).wait_for(timeout=OPENING)


@pytest.mark.capability("CO3")
def test_pulled_card_locks_within_two_seconds_and_keeps_the_draft(practice, alice):
    alice.write(["bob.lefevre@pli.example"], "Carte retirée", "Texte à garder.")
    before = time.monotonic()
    practice.set_card("alice", inserted=False)
    wait_until_locked(alice)
    assert time.monotonic() - before < 2
    assert "Texte à garder" not in alice.page.content()
    practice.set_card("alice", inserted=True)
    time.sleep(0.6)  # the reader is looked at four times a second
    unlock(alice)
    wait_for_draft(alice, "Carte retirée")


def test_reload_keeps_the_draft(alice):
    alice.write(["bob.lefevre@pli.example"], "Page rechargée", "Texte à garder.")
    alice.page.locator(".composer-state", has_text="scellé").wait_for(timeout=OPENING)
    alice.page.reload()
    unlock(alice)
    wait_for_draft(alice, "Page rechargée")


def test_absent_server_costs_no_word(context, alice):
    alice.write([], "Sans serveur", "Texte à garder.")
    context.set_offline(True)
    alice.page.wait_for_timeout(2_500)
    alice.page.get_by_role("button", name="Verrouiller").click()
    wait_until_locked(alice)
    context.set_offline(False)
    unlock(alice)
    alice.page.wait_for_timeout(1_000)
    wait_for_draft(alice, "Sans serveur")


def test_restarted_bridge_is_said_and_found_again(practice, alice):
    practice.processes.stop("bridge-journey")
    wait_until_locked(alice)
    alice.page.locator("[data-action=unlock]").click()
    alice.page.get_by_role("alert").wait_for(timeout=OPENING)
    assert "carte ne répond pas" in alice.page.get_by_role("alert").inner_text()
    run.start_bridge(practice.processes, practice.places, "journey")
    unlock(alice)


def test_entrance_without_bridge_says_what_to_do(practice, context):
    practice.processes.stop("bridge-journey")
    desk = Desk(context.new_page(), practice.places.origin("bob"))
    desk.go()
    desk.page.get_by_role("button", name="Carte de santé").click()
    desk.page.get_by_role("alert").wait_for(timeout=OPENING)
    assert "carte ne répond pas" in desk.page.get_by_role("alert").inner_text()
    run.start_bridge(practice.processes, practice.places, "journey")
    desk.page.get_by_role("button", name="Réessayer").click()
    desk.page.get_by_role("button", name="CPS Bob Lefèvre").wait_for(timeout=OPENING)
