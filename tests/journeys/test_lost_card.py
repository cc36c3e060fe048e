"""A card is destroyed and no bridge runs: the recovery code of the printed sheet opens every old message (all 10,000: `make soak-recovery`)."""

import pytest
from desk import OPENING, Desk
from lost_card import come_back, destroy_card, make_code, read_everything, receive
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OLD = 500


def test_the_sheet_opens_all_old_mail_without_card_or_bridge(practice, chromium, context):
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    alice.log_in_with_card("alice")
    code = make_code(alice)
    receive(practice, OLD)
    destroy_card(practice, "alice")
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)  # what was open is locked

    desk, _ = come_back(chromium, practice, code)
    found = read_everything(desk)
    assert found["opened"] == set(range(OLD))
    assert found["refused"] == []
    assert found["total"] > OLD  # the letters of the practice opened as well
    grid = desk.page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", str(found["total"]))
    assert not [request for request in desk.requests if "127.0.0.1" in request]
    assert desk.complaints == []
    desk.page.context.close()
