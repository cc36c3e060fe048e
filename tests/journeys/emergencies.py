"""An emergency, step by step, as its people take part in it: who gives out shares, who asks, who gives a share, who opens."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from desk import OPENING, Desk
from playwright.sync_api import Browser, expect
from practice import Practice

from webmail.management.demo.colleague import Colleague
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.practice import COLLEAGUES, PRACTITIONERS

ALICE, BOB = (person.address for person in PRACTITIONERS)
INES = COLLEAGUES[0]
ACTING = 60_000  # milliseconds
_SEEN_WITHIN = 30.0  # seconds: a card put on the table


def bring_colleague(practice: Practice) -> None:
    """Dr Caron comes to work: her card lies on the table from now on, and she has a mailbox of her own."""
    practice.set_card(INES.name, inserted=True)
    with HeadlessPage(practice.places.origin(INES.name), practice.bridge_port) as page:
        label = INES.shown.removeprefix("Dr ")
        end = time.monotonic() + _SEEN_WITHIN
        while not any(label in card["label"] for card in page.bridge("card.list")["cards"]):
            assert time.monotonic() < end, "the bridge does not see the card"
            time.sleep(0.2)
        Colleague.log_in(page, label).open_account(INES.address)


@contextmanager
def at_work(browser: Browser, practice: Practice, *names: str) -> Iterator[list[Desk]]:
    """These people, each in a browser of one's own, logged in with one's own card."""
    with ExitStack() as stack:
        desks = []
        for name in names:
            context = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
            stack.callback(context.close)
            context.set_default_timeout(OPENING)
            desks.append(Desk(context.new_page(), practice.places.origin(name)))
            desks[-1].log_in_with_card(name)
        yield desks


def deal(owner: Desk, names: Sequence[str], *, together: int, kind: str, messages: int) -> None:
    """The owner of the mailbox that is shown gives one share to each of these people."""
    page = owner.page
    page.locator("[data-place=access]").click()
    page.locator("[data-action=add-officers]").click()
    expect(page.locator("dialog[open]")).to_have_accessible_name(re.compile(r"\w"))
    for name in names:
        page.locator("#officer-search").fill(name)
        page.locator(".officer-pick", has_text=name).first.click()
    page.locator("[name=threshold]").select_option(str(together))
    page.locator("[name=kind]").select_option(kind)
    page.locator("[name=messages]").select_option(str(messages))


def agree(owner: Desk) -> None:
    owner.page.locator("pli-officers [data-action=agree]").click()
    expect(owner.page.locator("[data-kind=officer]:not(.over)")).to_be_visible(timeout=ACTING)


def look_up(colleague: Desk, address: str) -> None:
    """Who may open that mailbox together."""
    page = colleague.page
    page.locator("[data-place=access]").click()
    page.locator("[data-action=emergency]").click()
    page.locator("[name=address]").fill(address)
    page.locator("[data-action=find-ways]").click()


def ask(colleague: Desk, reason: str) -> None:
    colleague.page.locator("[name=reason]").fill(reason)
    colleague.page.locator("[data-action=ask]").click()
    expect(colleague.page.locator("[data-mine=true]")).to_be_visible(timeout=ACTING)


def give(holder: Desk) -> None:
    """The share for the one request on the page; the card program asks."""
    button = holder.page.locator("[data-action=release]")
    button.click(timeout=ACTING)
    expect(button).to_have_count(0, timeout=ACTING)
    expect(holder.page.locator(".access-notices")).to_contain_text("Votre part pour ", timeout=ACTING)


def hear(holder: Desk) -> None:
    """The page says by itself that somebody asks, and leads there."""
    holder.page.locator("[data-news=request] [data-action=go-emergency]").first.click(timeout=ACTING)


def open_with_shares(colleague: Desk, address: str) -> None:
    button = colleague.page.locator("[data-action=open-shares]")
    expect(button).to_be_enabled(timeout=ACTING)
    button.click()
    expect(colleague.page.locator(f"[data-account='{address}']")).to_have_attribute(
        "aria-current", "true", timeout=ACTING
    )
    colleague.page.locator("[data-news=recovery]").wait_for(timeout=ACTING)
    colleague.page.locator(".row:not(.loading)").first.wait_for(timeout=OPENING)
