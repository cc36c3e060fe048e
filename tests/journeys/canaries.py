"""Words that no server may hold in clear, put by people at their desks into every place that takes a word."""

import secrets
import subprocess
from datetime import timedelta
from pathlib import Path

from desk import ENCRYPTED, OPENING, Desk
from lost_card import make_code
from playwright.sync_api import expect
from practice import Practice
from shared_steps import switch
from test_leaving import export

from bridge.pki.issue import utc_now
from tests import network_table
from webmail.management.demo import letters
from webmail.management.demo.colleague import Colleague, granted
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.letters import OUTSIDER

ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
SHARED = "maternite@pli.example"
ACTING = 60_000
PLACES = (
    *("subject", "body", "file", "content", "draft", "name", "mail", "mailbody", "cms"),
    *("secret", "secretbody", "shared", "sharedbody", "answer", "letter", "letterbody", "remark"),
)
REASON = "Urgence"  # a break-glass request says why to whoever holds a share; the server is one of its readers


def words() -> dict[str, str]:
    """One for each place, each of them new."""
    return {place: f"canari{place}{secrets.token_hex(8)}" for place in PLACES}


def write_to_a_colleague(desk: Desk, said: dict[str, str], folder: Path) -> None:
    """A message with an attachment, and a draft that stays one."""
    attachment = folder / f"{said['file']}.txt"
    attachment.write_text(said["content"])
    desk.write([f"{said['name']} <{BOB}>"], said["subject"], said["body"], [attachment])
    desk.send()
    desk.write([BOB], "brouillon", said["draft"])
    desk.page.get_by_text("Brouillon scellé et conservé").wait_for()
    desk.page.get_by_role("button", name="Fermer et garder comme brouillon").click()


def let_letters_come(practice: Practice, said: dict[str, str]) -> None:
    """Clear ones and one that OpenSSL encrypted, all by LMTP."""
    denis = practice.places.pki / "people" / "denis"
    certificate = practice.places.data / "recipient-alice.pem"
    hidden = letters.openssl_letter(denis, certificate, ALICE, ["-aes256"], said["cms"])
    sender = f"{said['name']} <x@partner.example>"
    clear = [clear_letter(sender, ALICE, said["mail"], said["mailbody"])]
    clear.append(clear_letter(sender, ALICE, said["secret"], said["secretbody"]))
    letters.deliver(practice.places.lmtp_port, "x@partner.example", ALICE, [*clear, letters.dated(hidden)])


def clear_letter(sender: str, recipient: str, subject: str, text: str) -> bytes:
    return f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


def keep_one_for_oneself(desk: Desk, said: dict[str, str]) -> None:
    """Opened, then marked as confidential."""
    desk.wait_for_row(said["secret"])
    assert said["secretbody"] in desk.open(said["secret"]).text
    desk.page.locator("[data-command=confidential]").click()
    desk.page.locator("dialog[open] [data-action=agree]").click()
    expect(desk.page.locator(".confidential-mark")).to_be_visible(timeout=OPENING)


def list_of_a_network(practice: Practice, folder: Path) -> Path:
    """Alice administers it, and opens the inbox that Bob is to share."""
    return network_table.write(folder, *network_table.maternity(practice.rpps("alice"), practice.rpps("bob")))


def open_the_inbox_of_the_network(alice: Desk) -> None:
    """With her card; then Bob, whom the list names, is let in."""
    alice.page.locator("[data-place=network]").click()
    alice.page.locator(f"[data-awaited='{SHARED}'] [data-action=open-inbox]").click()
    expect(alice.page.locator("pli-members")).to_be_visible(timeout=ACTING)
    alice.page.locator("[data-action=join]").click(timeout=ACTING)
    expect(alice.page.locator("article.member[data-person]")).to_have_count(2, timeout=ACTING)


def work_together(practice: Practice, alice: Desk, bob: Desk, said: dict[str, str]) -> None:
    """A letter to the shared inbox: Bob is answering, it is given to Alice, and it is done."""
    letter = clear_letter("x@partner.example", SHARED, said["shared"], said["sharedbody"])
    letters.deliver(practice.places.lmtp_port, "x@partner.example", SHARED, [letter])
    switch(bob.page, SHARED)
    bob.wait_for_row(said["shared"])
    assert said["sharedbody"] in bob.open(said["shared"]).text
    bob.page.locator("[data-action=assign]").select_option(label="Alice MARTIN")
    bob.page.locator("[data-command=reply]").click()
    bob.page.locator("textarea.composer-text").fill(said["answer"])
    alice.page.locator("[data-role=inbox]").click()
    row = alice.page.locator(".row", has_text=said["shared"])
    expect(row).to_contain_text("Bob LEFÈVRE répond", timeout=OPENING)
    bob.page.get_by_text("Brouillon scellé et conservé").wait_for()
    bob.page.get_by_role("button", name="Fermer et garder comme brouillon").click()
    row.click()
    alice.opened()
    alice.page.locator("[data-command=done]").click()
    expect(bob.page.locator(".row", has_text=said["shared"])).to_contain_text("traité", timeout=OPENING)


def make_a_secretary(practice: Practice) -> None:
    """Bob prepares letters in Alice's mailbox, and signs none."""
    with HeadlessPage(practice.places.origin("alice"), practice.bridge_port) as page:
        own = Colleague.log_in(page, "Alice Martin").open(ALICE)
        card = own.card_of(rppsNumber=practice.rpps("bob"))
        own.grant(granted(card, "reader", utc_now() - timedelta(minutes=1)), profile="secretary")


def prepare_and_return_a_letter(alice: Desk, bob: Desk, said: dict[str, str]) -> None:
    """It goes into the signature book, and back with a remark."""
    switch(bob.page, ALICE)
    bob.write([OUTSIDER], said["letter"], said["letterbody"])
    bob.send()
    bob.page.locator(".letters-page .letter").first.wait_for(timeout=OPENING)
    switch(alice.page, ALICE)
    alice.page.locator("[data-place=letters]").click()
    prepared = alice.page.locator(".letter", has_text=said["letter"])
    prepared.locator(".letter-open").click(timeout=OPENING)
    expect(alice.page.locator(".letter-paper")).to_contain_text(said["letterbody"])
    alice.page.locator("[data-action=return]").click()
    alice.page.locator(".letter-return textarea").fill(said["remark"])
    alice.page.locator("[data-action=return-now]").click()
    expect(prepared).to_have_attribute("data-state", "returned", timeout=OPENING)
    expect(bob.page.locator(".letter-remark")).to_have_text(said["remark"], timeout=OPENING)


def share_for_emergencies(bob: Desk) -> None:
    """Alice holds the one share that opens Bob's mailbox."""
    switch(bob.page, BOB)
    bob.page.locator("[data-place=access]").click()
    bob.page.locator("[data-action=add-officers]").click()
    bob.page.locator("#officer-search").fill("mart")
    bob.page.locator(".officer-pick").first.click()
    bob.page.locator("[name=threshold]").select_option("1")
    bob.page.locator("[name=kind]").select_option("breakGlass")
    bob.page.locator("pli-officers [data-action=agree]").click()
    expect(bob.page.locator("[data-kind=officer]")).to_be_visible(timeout=ACTING)


def break_the_glass(alice: Desk, reason: str, said: dict[str, str]) -> None:
    """Alice says why, gives her share and reads what she wrote to him."""
    alice.page.locator("[data-place=access]").click()
    alice.page.locator("[data-action=emergency]").click()
    alice.page.locator("[name=address]").fill(BOB)
    alice.page.locator("[data-action=find-ways]").click()
    alice.page.locator("[name=reason]").fill(reason)
    alice.page.locator("[data-action=ask]").click()
    alice.page.locator("[data-action=release]").click(timeout=ACTING)
    opening = alice.page.locator("[data-action=open-shares]")
    expect(opening).to_be_enabled(timeout=ACTING)
    opening.click()
    alice.page.locator("[data-news=recovery]").wait_for(timeout=ACTING)
    assert said["body"] in alice.open(ENCRYPTED).text


def take_along(practice: Practice, alice: Desk, folder: Path) -> str:
    """The whole mailbox in files of the person's own; gives what stands in them."""
    alice.page.locator("[data-place=leaving]").click()
    command = export(practice, folder)
    expect(alice.page.locator(".place .notice-good")).to_be_visible(timeout=ACTING)
    try:
        said, wrong = command.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        command.kill()
        raise
    assert command.returncode == 0, said + wrong
    return "".join(file.read_text("latin-1") for file in folder.rglob("*.mbox"))


def code_on_paper(alice: Desk) -> list[str]:
    """The recovery code as the bridge shows it, and its parts that a server would know it by."""
    code = make_code(alice)
    return [code, code.replace(" ", ""), code[:24], code.replace(" ", "")[20:40]]
