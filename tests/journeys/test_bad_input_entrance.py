"""What a person reads at the entrance when card, PIN, certificate or browser are not right (issue 2, *What bad input gets*)."""

import json
import shutil
import time

import pytest
from desk import CARD_LABELS, OPENING, Desk
from mishap import ALARM, alarm, in_english, shoot

from bridge.pki.sample_health_pki import CARDS, issue_sample_pki
from webmail.management.demo import run
from webmail.management.demo.practice import PRACTITIONERS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SERIAL = {card.name: card.serial for card in CARDS}
PIN = {card.name: card.pin for card in CARDS}
LOOKED_AT = 0.6  # the bridge looks at its readers four times a second


@pytest.fixture
def table(practice):
    """The cards and what the prompt answers; as before afterwards."""
    made = Table(practice)
    yield made
    made.restore()


class Table:
    """The card table of the practice: which cards lie there, their tries, and what is typed when a PIN is asked."""

    def __init__(self, practice):
        self.practice = practice
        self._pins_file = practice.places.bridge / "pins.json"

    def lay(self, *names, tries=None):
        """These cards lie in their readers, no others; they have the tries they had, or so many."""
        for folder in (self.practice.places.pki / "cards").iterdir():
            self.practice.set_card(folder.name, inserted=folder.name in names)
        for name, left in (tries or {}).items():
            self._set_tries(name, left)
        time.sleep(LOOKED_AT)

    def type(self, **answers):
        """PINs by card name; `cancel="pin"` and `delay=` as in assuan_prompt.py."""
        pins = {person.card_serial: person.pin for person in PRACTITIONERS}
        pins |= {SERIAL.get(name, name): answer for name, answer in answers.items()}
        self._pins_file.write_text(json.dumps(pins))

    def _set_tries(self, name, tries):
        file = self.practice.places.pki / "cards" / name / "card.json"
        file.write_text(
            json.dumps({**json.loads(file.read_text("utf-8")), "tries": tries}, ensure_ascii=False), "utf-8"
        )

    def tries(self, name):
        return json.loads((self.practice.places.pki / "cards" / name / "card.json").read_text("utf-8"))["tries"]

    def restore(self):
        self.type()
        self.lay("alice", "bob", tries={"alice": 3, "bob": 3})


@pytest.fixture
def desk(practice, context):
    return Desk(context.new_page(), practice.places.origin("alice"))


def use_card(desk):
    desk.go()
    desk.page.get_by_role("button", name="Carte de santé").click()


def heading(desk, words):
    desk.page.get_by_role("heading", name=words).wait_for(timeout=OPENING)


def test_absent_card_is_waited_for(desk, table):
    """No card: the page says what to do, and goes on by itself once the card is there."""
    table.lay()
    use_card(desk)
    heading(desk, "Insérez votre carte")
    assert "Cette page continue d’elle-même" in desk.page.locator(".waiting").inner_text()
    assert "This page goes on by itself" in in_english(desk.page, ".waiting")
    shoot(desk.page, "entrance-card-absent")
    table.lay("alice")
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)


def test_wrong_pin_says_how_many_tries_are_left(desk, table):
    table.lay("alice")
    table.type(alice="9999")
    use_card(desk)
    words = alarm(desk.page)
    assert "Ce code n’est pas le bon" in words
    assert "Il reste 2 essais" in words
    assert "2 tries are left" in in_english(desk.page, ALARM)
    shoot(desk.page, "entrance-wrong-pin")
    table.type()
    desk.page.get_by_role("button", name="Réessayer").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)
    assert table.tries("alice") == 3


def test_last_try_is_never_spent(practice, desk, table):
    """Two wrong PINs: the third is not Pli's to lose. No prompt opens, whatever the page asks."""
    table.lay("alice", tries={"alice": 2})
    table.type(alice="9998")
    use_card(desk)
    words = alarm(desk.page)
    assert "Il ne reste qu’un essai" in words
    assert "n’utilise pas le dernier essai" in words
    shoot(desk.page, "entrance-last-try-spent")
    before = len(practice.prompts("GETPIN"))
    table.type()
    use_card(desk)
    words = alarm(desk.page)
    assert "Il ne reste qu’un essai" in words
    assert "pli-bridge pin --last-try" in words
    assert "does not use the last try" in in_english(desk.page, ALARM)
    assert len(practice.prompts("GETPIN")) == before
    assert table.tries("alice") == 1
    shoot(desk.page, "entrance-last-try")
    table.lay("alice", "bob")  # among others, the card is shown with the reason why it cannot be chosen
    use_card(desk)
    button = desk.page.get_by_role("button", name=CARD_LABELS["alice"])
    button.wait_for()
    assert button.is_disabled()
    assert "Un seul essai restant" in button.inner_text()
    shoot(desk.page, "entrance-last-try-choice")


def test_blocked_pin(desk, table):
    table.lay("alice", tries={"alice": 0})
    use_card(desk)
    assert "code de la carte est bloqué" in alarm(desk.page)
    assert "PIN is blocked" in in_english(desk.page, ALARM)
    shoot(desk.page, "entrance-blocked-pin")


def test_declined_prompt(desk, table):
    table.lay("alice")
    table.type(cancel="pin")
    use_card(desk)
    words = alarm(desk.page)
    assert "Vous avez refusé" in words
    assert "Rien n’a été fait" in words
    table.type()
    desk.page.get_by_role("button", name="Réessayer").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)


def test_card_pulled_while_the_pin_is_asked(desk, table):
    table.lay("alice")
    table.type(delay=5)
    use_card(desk)
    heading(desk, "Saisissez votre code porteur")
    table.lay()
    assert "La carte a été retirée" in alarm(desk.page)
    shoot(desk.page, "entrance-pulled-at-pin")


@pytest.mark.parametrize(
    ("name", "french", "what_next", "english"),
    [
        ("erin", "La carte a expiré", "nouvelle carte", "The card has expired"),
        ("rene", "Cette carte a été révoquée", "nouvelle carte", "This card has been cancelled"),
        ("stranger", "L’émetteur de cette carte n’est pas connu", "famille CPS", "issuer of this card is not known"),
    ],
)
def test_card_that_proves_nothing(practice, desk, table, tmp_path_factory, name, french, what_next, english):
    """Expired, revoked, or from an unknown authority: the PIN is right, the server says no, and why."""
    if name == "stranger":
        lay_stranger(practice, tmp_path_factory)
    table.lay(name)
    table.type(**{name: PIN.get(name, "1234"), "CPS-9999": "1234"})
    use_card(desk)
    words = alarm(desk.page)
    assert french in words
    assert what_next in words
    assert english in in_english(desk.page, ALARM)
    shoot(desk.page, f"entrance-{name}")


def lay_stranger(practice, tmp_path_factory):
    """A card of another country, as it were: same shape, authorities nobody here trusts."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    issue_sample_pki(elsewhere)
    folder = practice.places.pki / "cards" / "stranger"
    shutil.copytree(elsewhere / "cards" / "alice", folder)
    facts = json.loads((folder / "card.json").read_text("utf-8"))
    facts |= {"serial": "CPS-9999", "label": "CPS inconnue", "inserted": False}
    (folder / "card.json").write_text(json.dumps(facts, ensure_ascii=False), "utf-8")


def test_card_of_somebody_else_unlocks_nothing(desk, table):
    """Locked with Alice's session: Bob's card is refused by name of the reason, Alice's still opens."""
    desk.log_in_with_card("alice")
    table.lay("alice", "bob")  # one that is put in after the lock is asked whether it takes this place
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=unlock]").wait_for()
    table.lay("bob")
    desk.page.locator("[data-action=unlock]").click()
    words = alarm(desk.page)
    assert "n’est pas la carte de cette boîte" in words
    assert "Insérez votre propre carte" in words
    assert "not the card of this mailbox" in in_english(desk.page, ALARM)
    shoot(desk.page, "locked-other-card")
    table.lay("alice")
    desk.page.locator("[data-action=unlock]").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)


def test_absent_bridge_says_what_to_do(practice, desk, table):
    table.lay("alice")
    practice.processes.stop("bridge-journey")
    use_card(desk)
    words = alarm(desk.page)
    assert "Le programme de carte ne répond pas" in words
    assert "Démarrez le programme de carte" in words
    assert "does not answer" in in_english(desk.page, ALARM)
    shoot(desk.page, "entrance-bridge-absent")
    run.start_bridge(practice.processes, practice.places, "journey")
    desk.page.get_by_role("button", name="Réessayer").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)
