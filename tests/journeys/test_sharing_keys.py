"""A mailbox is delegated, its key is changed when the delegation ends, and nothing of it is lost: real cards, bridge and server.

What people click is test_sharing.py's; here the store of the page is asked directly, so that every step is looked at.
"""

import emergencies
import pytest
from desk import ENCRYPTED, OPENING, Desk
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALICE = "alice.martin@pli.example"

# The page's own store: the one instance that its scripts use.
STORE = """
const within = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error('took too long')), 30000))]);
const found = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/mail/store.js'));
const { store } = await import(found.name);
"""
BOB = "{ idType: 'RPPS', idValue: rpps, name: 'Bob LEFEVRE' }"
PROVE = f"async () => {{ {STORE} await within(store.acts.proveCard()); }}"
DELEGATE = f"""async (rpps) => {{ {STORE}
  return within(store.acts.delegate({{ person: {BOB}, role: 'sender', profile: 'replacement', notBefore: new Date().toISOString().replace(/\\.\\d+Z/, 'Z'),
    notAfter: null, folders: [], history: 'all' }}));
}}"""
MEMBERS = f"""async () => {{ {STORE}
  return (await within(store.readMembers())).map(({{ name, role, state, own, profile, bodyHash }}) => ({{ name, role, state, own, profile, bodyHash }}));
}}"""
ACCOUNTS = f"async () => {{ {STORE} return store.accounts; }}"
SWITCH = f"async (id) => {{ {STORE} await within(store.switchTo(id)); return store.session; }}"
INBOX = f"""async () => {{ {STORE}
  const inbox = store.folders.find(({{ role }}) => role === 'inbox');
  return (await store.list(inbox.id, {{ position: 0, limit: 50 }})).rows;
}}"""
OPEN_ALL = f"""async () => {{ {STORE}
  const inbox = store.folders.find(({{ role }}) => role === 'inbox');
  const {{ rows }} = await store.list(inbox.id, {{ position: 0, limit: 50 }});
  const opened = [];
  for (const {{ id }} of rows) opened.push(await within(store.open(id)));
  return opened.map(({{ subject, quarantined = '' }}) => ({{ subject, quarantined }}));
}}"""
PROPOSE = f"""async (words) => {{ {STORE}
  const [{{ rppsNumber: rpps, name }}] = (await within(store.suggest(words))).filter(({{ rppsNumber }}) => rppsNumber);
  return within(store.acts.delegate({{ person: {{ idType: 'RPPS', idValue: rpps, name }}, role: 'manager', profile: 'member', notBefore: new Date().toISOString().replace(/\\.\\d+Z/, 'Z'),
    notAfter: null, folders: [], history: 'all' }}));
}}"""
ROTATE = f"async () => {{ {STORE} return within(store.acts.rotate({{}})); }}"
END = f"async (hashes) => {{ {STORE} await within(store.acts.endDelegation(hashes)); return store.session; }}"


@pytest.fixture
def desks(practice, context):
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    bob = Desk(context.new_page(), practice.places.origin("bob"))
    alice.log_in_with_card("alice")
    bob.log_in_with_card("bob")
    return alice, bob


def test_a_delegation_begins_and_ends_with_a_new_key(practice, desks):
    alice, bob = desks
    before = alice.page.evaluate(OPEN_ALL)
    bob.page.evaluate(PROVE)
    assert alice.page.evaluate(DELEGATE, practice.rpps("bob")) == "granted"
    members = alice.page.evaluate(MEMBERS)
    assert [(one["role"], one["state"], one["own"]) for one in members] == [
        ("owner", "active", True),
        ("sender", "active", False),
    ]

    bob.page.reload()
    bob.page.get_by_role("button", name="Déverrouiller").click()
    bob.page.locator("pli-message-list, .grid").first.wait_for(timeout=OPENING)
    [own, other] = bob.page.evaluate(ACCOUNTS)
    assert (own["current"], other["address"]) == (True, ALICE)
    pins = len(practice.prompts("GETPIN"))
    session = bob.page.evaluate(SWITCH, other["id"])
    assert (session["mailbox"]["address"], session["role"]) == (ALICE, "sender")
    assert len(practice.prompts("GETPIN")) == pins  # the same card opens the next mailbox without a PIN
    assert bob.page.evaluate(OPEN_ALL) == before
    bob.page.evaluate(SWITCH, own["id"])

    session = alice.page.evaluate(END, [members[1]["bodyHash"]])
    assert session["keyChangeDue"] is False
    assert [one["state"] for one in alice.page.evaluate(MEMBERS)].count("active") == 1
    assert alice.page.evaluate(OPEN_ALL) == before

    bob.write([ALICE], "Sous la nouvelle clé", "Bonjour Alice.")
    bob.send()
    alice.wait_for_row(ENCRYPTED)
    assert alice.open(ENCRYPTED).subject == "Sous la nouvelle clé"
    assert alice.complaints == []


def test_whoever_changes_the_key_hears_who_waited_for_a_confirmation(practice, desks):
    """She is proposed, and nobody confirms her: the new key is not hers, and the one who made it knows whom to propose again."""
    alice, bob = desks
    emergencies.bring_colleague(practice)
    bob.page.evaluate(PROVE)
    for name in ("lef", "Caron"):
        assert alice.page.evaluate(PROPOSE, name) == "granted"
    standing = {(one["role"], one["state"]) for one in alice.page.evaluate(MEMBERS) if one["state"] != "ended"}
    assert standing == {("owner", "active"), ("manager", "active"), ("manager", "pending")}
    waiting = next(one["name"] for one in alice.page.evaluate(MEMBERS) if one["state"] == "pending")

    assert alice.page.evaluate(ROTATE)
    news = alice.page.locator("[data-news=lapsed]")
    expect(news).to_contain_text(waiting)
    expect(news).to_contain_text(ALICE)
    assert [one["state"] for one in alice.page.evaluate(MEMBERS) if one["name"] == waiting] == ["ended"]
    news.locator("[data-action=note-lapsed]").click()
    expect(news).to_have_count(0)
    assert alice.complaints == []
