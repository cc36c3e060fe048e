"""Giving a colleague access to a mailbox, and taking it back: what its owner does, and what both then see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from desk import OPENING, Desk
from playwright.sync_api import Page, expect
from test_accessibility import violations

ENDING = 90_000  # milliseconds: a page looks every twenty seconds whether somebody else's mailbox is still open to it
# What a date protects and what it does not, and what a choice of folders is, as the screen says it before the click.
PROMISES = {
    "fr": ("C’est une règle, pas une protection mathématique", "ne peut pas être repris", "Une règle du serveur"),
    "en": ("This is a rule, not mathematics", "cannot be taken back", "A rule of the server"),
}
_CLOCK_BACK = """(by) => {
  const Today = globalThis.DateOfToday = Date;
  globalThis.Date = class extends Today {
    constructor(...given) { super(...(given.length ? given : [Today.now() - by])); }
    static now() { return Today.now() - by; }
  };
}"""


@dataclass(frozen=True)
class Access:
    """What an owner gives. Empty: as the page proposes it; `begins` and `ends` are moments, `roster` is a table (CSV)."""

    kind: str = "replacement"
    colleague: str = ""
    role: str = ""
    reach: str = "all"
    folders: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    roster: str = ""


def give_access(desk: Desk, access: Access) -> None:
    """Fill the page, read in both languages what stands above the button, and agree. The page is checked by axe, too."""
    page = desk.page
    page.locator("[data-place=members]").click()
    page.locator("[data-action=delegate]").click()
    page.locator(f"input[name=kind][value={access.kind}]").check()
    _whom(page, access)
    if access.role:
        page.locator(f"input[name=role][value={access.role}]").check()
    page.locator(f"input[name=reach][value={access.reach}]").check()
    for name in access.folders:
        page.locator(".folder-options label", has_text=name).locator("input").check()
    for name, moment in (("from", access.begins), ("until", access.ends)):
        if moment:
            page.locator(f"input[name={name}]").fill(local(page, moment))
    _promises_are_read(page)
    assert violations(page, None) == []
    page.locator(".review [data-action=agree]").click()
    page.locator(".review").wait_for(state="detached", timeout=OPENING)


def _whom(page: Page, access: Access) -> None:
    if access.roster:
        page.locator("textarea[name=roster]").fill(access.roster)
        page.locator("[data-action=read-roster]").click()
        expect(page.locator(".slots-preview")).to_be_visible(timeout=OPENING)
        return
    page.locator("input[name=search]").press_sequentially(access.colleague, delay=30)
    page.locator(".found-person").first.click()
    expect(page.locator(".member.chosen")).to_be_visible()
    expect(page.locator(".review [data-action=agree]")).to_have_text("Donner accès")


def _promises_are_read(page: Page) -> None:
    """Nobody has agreed yet, and the language is again the one from before."""
    form = page.locator("form.delegation")
    for language, promises in PROMISES.items():
        button = page.locator(f".topbar-tools button[lang={language}]")
        if button.count():
            button.click()
        for words in promises:
            expect(form).to_contain_text(words)
    page.locator(".topbar-tools button[lang=fr]").click()
    expect(form).to_contain_text(PROMISES["fr"][0])


def local(page: Page, moment: datetime) -> str:
    """As a field of this page's time zone takes it, to the second."""
    offset = page.evaluate("(at) => new Date(at).getTimezoneOffset()", moment.timestamp() * 1000)
    return f"{moment.astimezone(UTC) - timedelta(minutes=offset):%Y-%m-%dT%H:%M:%S}"


def member(desk: Desk, number: str):
    """The line of a person, on the page of those with access."""
    page = desk.page
    if not page.locator("pli-members").count():
        page.locator("[data-place=members]").click()
        page.locator(".people-list").first.wait_for(timeout=OPENING)
    return page.locator(f".member[data-person='{number}']")


def end_access(desk: Desk, number: str) -> None:
    """By hand: at once, and under a new key."""
    row = member(desk, number)
    row.locator("[data-action=end]").click()
    dialog = desk.page.locator("dialog[open]")
    expect(dialog).to_contain_text("ne peut pas être repris")
    dialog.locator("[data-action=agree]").click()
    expect(row).to_have_count(0, timeout=ENDING)


def end_on(desk: Desk, number: str, moment: datetime) -> None:
    """Change the date on which it ends by itself."""
    row = member(desk, number)
    row.locator("[data-action=change]").click()
    dialog = desk.page.locator("dialog[open]")
    until = dialog.locator("input[name=until]")
    until.evaluate("(field) => { field.step = '1'; }")  # to the second: nobody waits for the next minute here
    until.fill(local(desk.page, moment))
    dialog.locator("[data-action=agree]").click()
    expect(desk.page.locator("dialog[open]")).to_have_count(0, timeout=OPENING)
    expect(row.locator("[data-action=change]")).to_be_enabled(timeout=OPENING)
    expect(desk.page.locator(".place-notices .notice-error")).to_have_count(0)


def account(desk: Desk, address: str):
    return desk.page.locator(f"[data-account='{address}']")


def switch(desk: Desk, address: str) -> None:
    """To another of the person's mailboxes."""
    account(desk, address).click()
    expect(account(desk, address)).to_have_attribute("aria-current", "true", timeout=OPENING)


def come_back(desk: Desk) -> None:
    """Leave the page and open it again, as on the next day."""
    desk.page.reload()
    desk.page.locator("[data-action=unlock]").click()
    desk.page.locator(".grid, pli-list .empty").first.wait_for(timeout=OPENING)


def readings(desk: Desk, name: str) -> dict[str, str]:
    """What this person opened, as the owner sees it: subject, and by which right."""
    page = desk.page
    page.locator("[data-place=trace]").click()
    page.locator(".trace-filters select").nth(1).select_option("opened")
    lines = page.locator(".trace-line[data-act=opened]", has_text=name)
    lines.first.wait_for(timeout=OPENING)
    expect(page.locator(".trace-line:not([data-act=opened])")).to_have_count(0)
    subjects, rights = lines.locator(".trace-subject"), lines.locator(".trace-how")
    return dict(zip(subjects.all_inner_texts(), rights.all_inner_texts(), strict=True))


@contextmanager
def clock_back(page: Page, by: timedelta) -> Iterator[None]:
    """The clock of this page, and of nothing else: who gave access days ago did so on a page of that day."""
    page.evaluate(_CLOCK_BACK, by.total_seconds() * 1000)
    yield
    page.evaluate("() => { globalThis.Date = globalThis.DateOfToday; }")
