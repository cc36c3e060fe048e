"""From the card's consent to an interactive list: 9,750 messages packed earlier and 250 new ones, in Chromium."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from measuring import line, median
from office import PERSON, Office, enter, module_base, open_office

from tests.journeys.desk import CARD_LABELS, FINDS_DIGITS_THE_SAME

NAMES = ("unlock_10k", "unlock_10k_all_new", "unlock_10k_card_operations")
PACKED, NEW, RUNS = 9_750, 250, 5
CONNECTIONS = 8
PACK_EVERYTHING = """async ([base, step]) => {
  const [{ Api }, { store }] = await Promise.all([import(base + 'mail/api.js'), import(base + 'mail/store.js')]);
  const accountId = store.session.mailbox.id;
  const inbox = store.folders.find(({ role }) => role === 'inbox');
  const { total } = await store.list(inbox.id, { position: 0, limit: 1 });
  for (let position = Math.max(0, total - step); ; position = Math.max(0, position - step)) {
    await store.list(inbox.id, { position, limit: step });
    if (position === 0) break;
  }
  const newest = (await store.list(inbox.id, { position: 0, limit: 1 })).rows[0].id;
  for (;;) {
    const { list } = await new Api().call('Email/get', { accountId, ids: [newest], properties: ['id', 'packId'] });
    if (list[0].packId) return total;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}"""
WATCH = """async ([base, subject]) => {
  const { store } = await import(base + 'mail/store.js');
  globalThis.unlocking = new Promise((resolve) => {
    let begin = 0;
    store.addEventListener('phase', ({ detail }) => { if (detail.phase === 'opening') begin = performance.now(); });
    const look = () => {
      const row = document.querySelector('pli-list .row:not(.loading)');
      if (begin && row?.textContent.includes(subject)) resolve(performance.now() - begin);
      else requestAnimationFrame(look);
    };
    look();
  }).then(async (shown) => {
    const begin = performance.now();
    const inbox = store.folders.find(({ role }) => role === 'inbox');
    const { rows } = await store.list(inbox.id, { position: 0, limit: 250 });
    return { shown, all: shown + performance.now() - begin, rows: rows.length };
  });
}"""


def measure(_names: set[str]) -> Iterator[dict[str, object]]:
    with open_office() as office:
        present = office.listed(1)["total"]
        office.page.context.close()
        fill(office, "Ancien", PACKED - present)
        office.page = enter(office.browser, office.places)
        office.page.evaluate(PACK_EVERYTHING, [office.base, NEW])
        runs = [unlock(office, f"Nouveau {number}") for number in range(RUNS)]
    shown, every, operations = zip(*runs, strict=True)
    yield line("unlock_10k", median(shown), "ms", "goal", 1000)
    yield line("unlock_10k_all_new", median(every), "ms")
    yield line("unlock_10k_card_operations", max(operations), "operations", "goal", 1)


def unlock(office: Office, subject: str) -> tuple[float, float, int]:
    """Milliseconds to the list, to all new rows, and the operations of the card after logging in."""
    office.page.context.close()
    fill(office, subject, NEW)
    noted = len(office.journal())
    office.page = page = office.browser.new_context(locale="fr-FR").new_page()
    page.add_init_script(FINDS_DIGITS_THE_SAME)
    page.goto(office.places.origin(PERSON.name))
    page.evaluate(WATCH, [module_base(page), subject])
    page.get_by_role("button", name="Carte de santé").click()
    page.get_by_role("button", name=CARD_LABELS[PERSON.name]).click()
    found = page.evaluate("() => globalThis.unlocking")
    calls = [call for call in office.journal()[noted:] if call["key"] in office.card_thumbprints]
    return found["shown"], found["all"], sum(call["method"] != "auth.token" for call in calls)


def fill(office: Office, subject: str, count: int) -> None:
    """Clear letters by LMTP."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [range(count)[start::CONNECTIONS] for start in range(CONNECTIONS)]
        list(
            pool.map(
                lambda numbers: office.deliver([small_letter(office, subject, number) for number in numbers]), parts
            )
        )


def small_letter(office: Office, subject: str, number: int) -> bytes:
    lines = [
        f"From: Correspondant {number % 97} <correspondant{number % 97}@partner.example>",
        f"To: {office.address}",
        f"Subject: {subject}, compte rendu de consultation no {number}",
        "Date: Sat, 21 Nov 2026 12:00:00 +0000",
        f"Message-ID: <{subject.replace(' ', '-')}.{number}@partner.example>",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"Cher confrère, voici le compte rendu numéro {number}. " * 12,
    ]
    return "\r\n".join(lines).encode()
