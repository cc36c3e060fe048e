"""What a practitioner whose card is destroyed does: the code made in time, on its sheet, the way back in without bridge or card, and
the next card, which the code lets in by the bridge.
"""

import math
import re
import time
from email.message import EmailMessage
from typing import Any

from desk import Desk
from playwright.sync_api import Browser, Locator, Page, expect
from practice import Practice

from webmail.management.demo import letters, run

ALICE = "alice.martin@pli.example"
ACTING = 60_000
_AT_ONCE = 250  # letters of one delivery
_PAGE = 50  # rows, as the list asks for them
_MARK = "Courrier ancien"
# Each message by the product's own way: its blob, the crypto worker, the signature, what a reader sees.
_READ = """async ([base, position, limit]) => {
  const { store } = await import(base + 'mail/store.js');
  const inbox = store.folders.find(({ role }) => role === 'inbox');
  const { rows, total } = await store.list(inbox.id, { position, limit });
  const read = [];
  const waiting = [...rows];
  const one = async () => {
    for (let row = waiting.pop(); row; row = waiting.pop()) {
      const opened = await store.open(row.id);
      read.push({ row: row.subject, subject: opened.subject, text: opened.text, quarantined: opened.quarantined ?? null });
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return { total, bridge: store.session.bridge, read };
}"""


def make_code(desk: Desk) -> str:
    """A recovery code of a mailbox that is open by card: shown by the bridge's own page, and typed back there."""
    desk.page.locator("[data-place=access]").click()
    link = _sheet_link(desk)
    with desk.page.context.expect_page() as opened:
        link.click()
    code = _copied(opened.value)
    expect(desk.page.locator("[data-kind=recovery]")).to_be_visible(timeout=ACTING)
    return code


def give_up_a_code(desk: Desk) -> None:
    """The dialog is closed while the bridge waits for its sheet."""
    desk.page.locator("[data-place=access]").click()
    _sheet_link(desk)
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("pli-new-code")).to_have_count(0)


def _sheet_link(desk: Desk) -> Locator:
    desk.page.locator("[data-action=add-code]").click()
    desk.page.locator("[data-action=make-code]").click()
    link = desk.page.locator("[data-action=open-sheet]")
    link.wait_for(timeout=ACTING)
    return link


def _copied(sheet: Page) -> str:
    sheet.locator("#groups li").first.wait_for(timeout=ACTING)
    groups: list[str] = sheet.locator("#groups li").all_inner_texts()
    sheet.locator("#kept").click()
    sheet.locator("#fields input").first.wait_for()
    for field in sheet.locator("#fields label").all():
        number = int(re.sub(r"\D", "", field.inner_text()))
        field.locator("input").fill(groups[number - 1])
    sheet.locator("#fields input").last.press("Enter")
    expect(sheet.locator("#check")).to_be_hidden(timeout=ACTING)
    return " ".join(groups)


def receive(practice: Practice, count: int, first: int = 0) -> None:
    """Letters from outside through the server's own mail door, each sealed to the key that Alice has then."""
    for start in range(first, first + count, _AT_ONCE):
        made = [_letter(number) for number in range(start, min(start + _AT_ONCE, first + count))]
        letters.deliver(practice.places.lmtp_port, letters.OUTSIDER, ALICE, made)


def _letter(number: int) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = letters.OUTSIDER, ALICE, f"{_MARK} {number}"
    letter["Message-ID"] = f"<old-{number}@partner.example>"
    letter.set_content(f"Le texte de la lettre {number}.\n")
    return bytes(letter)


def destroy_card(practice: Practice, name: str) -> None:
    """Neither card nor bridge is there any more."""
    practice.set_card(name, inserted=False)
    practice.processes.stop("bridge-journey")


def come_back(browser: Browser, practice: Practice, code: str) -> tuple[Desk, float]:
    """By the sheet, in a browser that was never here: the open mailbox, and the seconds until its first row could be read."""
    desk = new_desk(browser, practice).listen()
    began = time.monotonic()
    use_code(desk, code)
    desk.page.locator("[data-news=recovery]").wait_for(timeout=ACTING)
    desk.page.locator(".row:not(.loading)").first.click(timeout=ACTING)
    assert desk.opened().subject
    return desk, time.monotonic() - began


def new_desk(browser: Browser, practice: Practice) -> Desk:
    """Alice's page in a browser that was never here."""
    context = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    return Desk(context.new_page(), practice.places.origin("alice"))


def use_code(desk: Desk, code: str) -> None:
    """At the entrance, in the place of a card."""
    desk.go()
    desk.page.locator("[data-action=without-card]").click()
    desk.page.locator("[data-action=code]").click()
    desk.page.locator("[name=address]").fill(ALICE)
    desk.page.locator("[name=code]").fill(code.lower())
    desk.page.locator("[data-action=use-code]").click()


def bring_bridge_back(practice: Practice) -> None:
    practice.bridge_port = run.start_bridge(practice.processes, practice.places, "journey")["port"]


def let_in_by_code(browser: Browser, practice: Practice, label: str, code: str) -> Desk:
    """A new card of Alice's says who she is, and the code, by the bridge, gives it the place of the destroyed one: the open mailbox."""
    desk = new_desk(browser, practice)
    desk.choose_card("alice", label)
    desk.page.locator("[data-action=renew-code]").click(timeout=ACTING)
    desk.page.locator("[name=code]").fill(code)
    desk.page.locator("[data-action=use-code]").click()
    desk.page.locator(".row:not(.loading)").first.wait_for(timeout=ACTING)
    return desk


def come_with_card(browser: Browser, practice: Practice, label: str) -> Desk:
    """With nothing but that card, in a browser that was never here."""
    desk = new_desk(browser, practice)
    desk.choose_card("alice", label)
    desk.page.locator(".row:not(.loading)").first.wait_for(timeout=ACTING)
    return desk


def recorded(desk: Desk, kind: str, act: str, words: str) -> int:
    """How many lines of the record of accesses, as its owner sees those of a kind, say that."""
    desk.page.locator("[data-place=trace]").click()
    desk.page.locator(".trace-line").first.wait_for(timeout=ACTING)
    desk.page.locator(".trace-filters select").nth(1).select_option(kind)
    lines = desk.page.locator(f".trace-line[data-act={act}]", has_text=words)
    lines.first.wait_for(timeout=ACTING)
    return lines.count()


def read_everything(desk: Desk, *, bridge: bool = False, enough: float = math.inf) -> dict[str, Any]:
    """By the bridge or without it: `total` of the list, and of its messages the numbers of the old letters that opened, and what did not
    open. Of all, or until `enough` old letters opened.
    """
    base = desk.page.evaluate("document.querySelector('script[type=module]').src").rpartition("pages/")[0]
    total, seen, opened, refused = 1, 0, set(), []
    while seen < total and len(opened) < enough:
        desk.page.keyboard.press("Shift")  # somebody is there: the mailbox locks after ten minutes without a hand
        found = desk.page.evaluate(_READ, [base, seen, _PAGE])
        assert found["read"], f"the list ends after {seen} of {total}"
        assert found["bridge"] is bridge
        total, seen = found["total"], seen + len(found["read"])
        for letter in found["read"]:
            number = _number(letter)
            if letter["quarantined"] or not letter["text"]:
                refused.append(letter)
            elif number is not None:
                opened.add(number)
    return {"total": total, "opened": opened, "refused": refused}


def _number(letter: dict[str, Any]) -> int | None:
    """Of an old letter whose row, subject and text agree."""
    found = re.fullmatch(rf"{_MARK} (\d+)", letter["subject"])
    if not found:
        return None
    assert letter["row"] == letter["subject"]
    assert letter["text"].strip() == f"Le texte de la lettre {found[1]}."
    return int(found[1])
