"""The whole journey with two PKCS#11 tokens, from opening the accounts to the answer that comes back.

Alice's token is CPS-like: it opens her mailbox with its authentication key (v1.5). Bob's has an encryption key (OAEP).
Neither holds its issuer's certificate, as real cards rarely do.
"""

import json
import sqlite3
from contextlib import closing

import pytest
from desk import ENCRYPTED, OPENING, Desk
from practice import Practice, free_port, free_ports, prompt_policy
from tokens import LIBRARY, TokenDrawer

from bridge.pki.sample_health_pki import issue_sample_pki
from webmail.management.demo import run
from webmail.management.demo.places import Places
from webmail.management.demo.processes import Processes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PEOPLE = {"alice": "CPS-0001", "bob": "CPS-0002"}  # by the labels of their tokens
RSAES_OAEP = bytes.fromhex("06092a864886f70d010107")


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    """A practice without accounts, whose bridge has one PKCS#11 module and no software card."""
    places = Places(tmp_path_factory.mktemp("practice"), free_port(), free_port(), free_ports(8))
    pki = issue_sample_pki(places.pki)
    drawer = TokenDrawer(places.data / "softhsm")
    drawer.prepare()
    pins = {drawer.issue(pki, pki.cards[name]): pki.cards[name].pin for name in PEOPLE}
    with pytest.MonkeyPatch.context() as patch, Processes(places.logs) as processes:
        for name, value in drawer.environment.items():
            patch.setenv(name, value)
        run.prepare(places)
        run.start_server(processes, places)
        prompt, log = prompt_policy(places.bridge)
        (places.bridge / "pins.json").write_text(json.dumps(pins))
        policy = run.write_policy(places, "tokens", prompt)
        module = {"id": "softhsm", "path": str(LIBRARY)}
        policy.write_text(json.dumps({**json.loads(policy.read_text()), "modules": [module], "softwareCards": None}))
        bridge = run.start_bridge(processes, places, "tokens")
        yield Practice(places, processes, bridge["port"], log)


@pytest.fixture(scope="module")
def accounts(practice, chromium):
    """Both accounts, opened in Chromium by their cards; afterwards the bridge is started anew."""
    for name in PEOPLE:
        context = chromium.new_context(locale="fr-FR")
        context.set_default_timeout(OPENING)
        open_account(Desk(context.new_page(), practice.places.origin(name)), name)
        context.close()
    practice.processes.stop("bridge-tokens")
    run.start_bridge(practice.processes, practice.places, "tokens")


def open_account(desk, name):
    desk.choose_card(name, PEOPLE[name])
    desk.page.locator("[data-action=open]").click()
    desk.page.locator("[data-action=enter]").click(timeout=OPENING)
    desk.page.locator("pli-message-list, .grid, .empty").first.wait_for(timeout=OPENING)


def log_in(practice, context, name):
    """Log in and open the mailbox; returns the desk and the number of PINs that this cost."""
    before = len(practice.prompts("GETPIN"))
    desk = Desk(context.new_page(), practice.places.origin(name))
    desk.choose_card(name, PEOPLE[name])
    desk.page.get_by_role("button", name="Écrire").wait_for(timeout=OPENING)
    return desk, len(practice.prompts("GETPIN")) - before


@pytest.mark.capability("CO1", "CO4", "CO6", "CO12", "CO13", "CN9")
def test_two_tokens_exchange_letters(practice, accounts, context):
    alice, alice_pins = log_in(practice, context, "alice")
    alice.write(["bob.lefevre@pli.example"], "Avis pour Mme Essai", "Qu'en penses-tu ?")
    alice.send()
    bob, bob_pins = log_in(practice, context, "bob")
    assert read(bob) == ("Avis pour Mme Essai", "S1", "Qu'en penses-tu ?")
    bob.write(["alice.martin@pli.example"], "Réponse", "Rien d'inquiétant.")
    bob.send()
    assert read(alice) == ("Réponse", "S1", "Rien d'inquiétant.")
    assert (alice_pins, bob_pins) == (1, 1)
    assert len(practice.prompts("GETPIN")) == 2 * len(PEOPLE)  # one to open each account, one for all of today
    assert alice.complaints == []
    assert bob.complaints == []


def read(desk):
    desk.wait_for_row(ENCRYPTED)
    letter = desk.open(ENCRYPTED)
    return letter.subject, letter.state, letter.text.strip()


@pytest.mark.capability("CO13")
def test_each_grant_is_wrapped_as_the_card_can_open_it(practice, accounts):
    with closing(sqlite3.connect(practice.places.server / "pli.sqlite3")) as database:
        rows = database.execute(
            "SELECT address, g.grant FROM webmail_grant g JOIN webmail_mailbox m ON m.id = g.account_id"
        )
        wrapped = {address.partition(".")[0]: RSAES_OAEP in grant for address, grant in rows}
    assert wrapped == {"alice": False, "bob": True}
