"""A visit of the museum in the browser: every exhibit is opened as a person opens it, and what the page shows is noted."""

from dataclasses import dataclass
from typing import Any

from desk import Desk
from playwright.sync_api import Page

from tests.chromium import answer, until
from webmail.management.demo.museum.exhibit import Exhibit, Expected
from webmail.management.demo.museum.exhibits import EXHIBITS
from webmail.management.demo.museum.hang import FOLDER

ROW_HEIGHT = 84
_SETTLED = """index => {
  const row = document.querySelector(`#row-${index}`), reader = document.querySelector('pli-reader');
  return row?.getAttribute('aria-selected') === 'true' && reader?.row?.id === row.dataset.message && !reader.busy;
}"""
_SHOWN = """() => {
  const sheet = document.querySelector('pli-reader .reader-sheet');
  const words = (selector) => [...sheet.querySelectorAll(selector)].map((one) => one.innerText.trim());
  const frame = sheet.querySelector('pli-mail-frame');
  return {
    state: sheet.querySelector('.signature')?.dataset.state ?? '', subject: words('.reader-subject')[0] ?? '',
    notices: words('.reader-notices .notice-caution .notice-title'), closed: words(':scope > .notice .notice-title')[0] ?? '',
    text: frame ? '' : (words('.message-paper')[0] ?? ''), framed: frame !== null, files: words('.attachment-name'),
  };
}"""
# The page's own words for codes, so that a row is compared with what a person reads.
_WORDS = """async ({codes, reason, original}) => {
  const base = document.querySelector('script[type=module]').src.replace(/pages\\/[^/]*$/, '');
  const { messageNotice, quarantineTexts } = await import(`${base}viewers/message-notices.js`);
  const { subjectText } = await import(`${base}viewers/format.js`);
  const { t } = await import(`${base}i18n.js`);
  const copy = original ? [t('Copy of the message “{subject}”', { subject: subjectText(original) })] : [];
  return { notices: [...copy, ...codes.map(messageNotice).filter(Boolean)], closed: reason ? quarantineTexts(reason)[0] : '' };
}"""


@dataclass(frozen=True)
class Shown:
    """What the reader shows of one message. `closed` is why it shows nothing, in words."""

    state: str
    subject: str
    notices: list[str]
    closed: str
    text: str
    framed: bool
    files: list[str]


class Visit:
    """Alice in the museum's folder."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page = desk, desk.page

    def enter(self) -> None:
        self.desk.folder(FOLDER)
        self.page.locator("#row-0:not(.loading)").wait_for()

    def count(self) -> int:
        """Messages in the folder, as the list says to a screen reader."""
        return int(self.page.locator(".grid").get_attribute("aria-rowcount") or 0)

    def open(self, exhibit: Exhibit) -> Shown:
        """Scroll to the row, click it, wait until it is read."""
        index = EXHIBITS.index(exhibit)
        self.page.locator(".grid").evaluate("(grid, top) => { grid.scrollTop = top; }", index * ROW_HEIGHT)
        self.page.locator(f"#row-{index}:not(.loading)").click()
        until(self.page, _SETTLED, index)
        return self.shown()

    def allow(self, exhibit: Exhibit) -> Shown:
        """What a person does so that a closed message opens after all; it is the one that is open."""
        if password := exhibit.permission.get("password"):
            self.page.locator("input[name=password]").fill(password)
            self.page.locator("input[name=password]").press("Enter")
        else:
            self.page.locator("[data-action=open-old]").click()
        self.page.locator("pli-reader .signature").wait_for()
        return self.shown()

    def shown(self) -> Shown:
        return Shown(**self.page.evaluate(_SHOWN))


def words_of(page: Page, exhibit: Exhibit, expected: Expected) -> dict[str, Any]:
    """The notices and the reason that a row's codes are in the language of the page."""
    original = next((one.subject for one in EXHIBITS if expected.copy and one.key == exhibit.after), "")
    codes = sorted(expected.notices)
    return dict(answer(page, _WORDS, {"codes": codes, "reason": expected.quarantined, "original": original}))


def mismatches(page: Page, exhibit: Exhibit, expected: Expected, shown: Shown) -> list[str]:
    """What differs from the row, each as one line."""
    words = words_of(page, exhibit, expected)
    closed = expected.quarantined is not None
    wanted: dict[str, Any] = {
        "state": "" if closed else expected.state,
        "closed": words["closed"],
        "notices": [] if closed else sorted(words["notices"]),
        "framed": expected.html,
    }
    if not closed:
        wanted["subject"] = exhibit.subject
    if expected.text is not None and not expected.html:
        wanted["text"] = expected.text
    seen = vars(shown) | {"notices": sorted(shown.notices)}
    return [
        f"{exhibit.key}: {name} {seen[name]!r}, not {value!r}" for name, value in wanted.items() if seen[name] != value
    ]
