/** The card table's page: shows what the bridge says lies on the table, and says what a hand does. No data is kept. */

const TEXTS = {
  fr: {
    title: 'Table des cartes',
    lead: 'Démonstration : insérez ou retirez une carte, et tapez ici son code. La page de messagerie ne le voit jamais.',
    asked: 'Demandes',
    cards: 'Cartes',
    insert: 'Insérer',
    pull: 'Retirer',
    origin: 'Demandé par',
    card: 'Carte',
    reader: 'Lecteur',
    tries: 'Essais restants',
    pin: 'Code de la carte',
    ok: 'Valider',
    agree: 'Accepter',
    cancel: 'Annuler',
    locked: 'Carte bloquée',
    away: 'Cette table n’est plus reliée. Rouvrez l’adresse affichée au démarrage.',
    other: 'English',
    left: (/** @type {number} */ count) => (count === 1 ? '1 essai restant' : `${count} essais restants`),
  },
  en: {
    title: 'Card table',
    lead: 'Demonstration: insert or pull a card, and type its PIN here. The mail page never sees it.',
    asked: 'Requests',
    cards: 'Cards',
    insert: 'Insert',
    pull: 'Pull',
    origin: 'Asked by',
    card: 'Card',
    reader: 'Reader',
    tries: 'Tries left',
    pin: 'Card PIN',
    ok: 'OK',
    agree: 'Agree',
    cancel: 'Cancel',
    locked: 'Card locked',
    away: 'This table is no longer connected. Open the address printed at start-up again.',
    other: 'Français',
    left: (/** @type {number} */ count) => (count === 1 ? '1 try left' : `${count} tries left`),
  },
};

/** @typedef {{serial: string, label: string, reader: string, tries: number, inserted: boolean}} Card */
/** @typedef {{id: string, kind: 'pin'|'confirm'|'pair', origin: string, label: string, reader: string, serial: string, tries: number|null, digits: string, purpose: {fr: string, en: string}}} Prompt */

/** @type {'fr'|'en'} */
let language = navigator.language.startsWith('fr') ? 'fr' : 'en';
/** @type {{cards: Card[], prompts: Prompt[]}} */
let state = { cards: [], prompts: [] };

const TOKEN = 'pli-table-token';
const token = location.hash.slice(1) || sessionStorage.getItem(TOKEN) || '';
history.replaceState(null, '', location.pathname);

const socket = new WebSocket(`ws://${location.host}/table/socket`, 'pli-table.1');
socket.onopen = () => socket.send(JSON.stringify({ token }));
socket.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (message.next) sessionStorage.setItem(TOKEN, message.next);
  else draw(message);
};
socket.onclose = () => {
  draw({ cards: [], prompts: [] });
  element('away').hidden = false;
};

/** @param {Record<string, string>} action */
function act(action) {
  socket.send(JSON.stringify(action));
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {typeof state} [next] */
function draw(next = state) {
  state = next;
  document.documentElement.lang = language;
  element('away').textContent = TEXTS[language].away;
  element('language').textContent = TEXTS[language].other;
  element('language').lang = language === 'fr' ? 'en' : 'fr';
  document.title = `Pli · ${TEXTS[language].title}`;
  write(document);
  const focused = document.activeElement?.closest('[data-serial].card')?.getAttribute('data-serial');
  element('cards').replaceChildren(...state.cards.map(drawCard));
  /** @type {HTMLElement | null} */ (document.querySelector(`.card[data-serial="${CSS.escape(focused ?? '')}"] button`))?.focus();
  drawPrompts();
}

/** Fill `data-text` by the words of the language. @param {ParentNode} root */
function write(root) {
  for (const node of root.querySelectorAll('[data-text]')) {
    const name = /** @type {HTMLElement} */ (node).dataset.text ?? '';
    node.textContent = /** @type {any} */ (TEXTS[language])[name];
  }
}

/** @param {ParentNode} root @param {string} name @param {string} text */
function fill(root, name, text) {
  const node = root.querySelector(`[data-field="${name}"]`);
  if (node) node.textContent = text;
}

/** @param {string} id */
function copy(id) {
  const template = /** @type {HTMLTemplateElement} */ (element(id));
  const node = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  write(node);
  return node;
}

/** @param {Card} card */
function drawCard(card) {
  const texts = TEXTS[language];
  const node = copy('card');
  node.dataset.serial = card.serial;
  node.toggleAttribute('data-inserted', card.inserted);
  node.toggleAttribute('data-low', card.tries < 2);
  for (const name of /** @type {const} */ (['reader', 'label', 'serial'])) fill(node, name, card[name]);
  fill(node, 'tries', card.tries > 0 ? texts.left(card.tries) : texts.locked);
  const button = /** @type {HTMLButtonElement} */ (node.querySelector('button'));
  button.dataset.action = card.inserted ? 'pull' : 'insert';
  button.textContent = card.inserted ? texts.pull : texts.insert;
  button.setAttribute('aria-label', `${button.textContent}: ${card.label}`);
  button.onclick = () => act({ do: card.inserted ? 'pull' : 'insert', serial: card.serial });
  return node;
}

/** A prompt that is already drawn stays as it is, so that a PIN being typed survives news about cards. */
function drawPrompts() {
  const list = element('prompts');
  const drawn = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const wanted = state.prompts.map((prompt) => drawn.get(`${prompt.id} ${language}`) ?? drawPrompt(prompt));
  for (const node of [...list.children]) if (!wanted.includes(node)) node.remove();
  for (const node of wanted) if (!node.isConnected) list.append(node);
  const fresh = wanted.find((node) => !drawn.has(/** @type {HTMLElement} */ (node).dataset.key));
  /** @type {HTMLElement | null} */ (fresh?.querySelector('input:not([hidden]), button') ?? null)?.focus();
}

/** @param {Prompt} prompt */
function drawPrompt(prompt) {
  const texts = TEXTS[language];
  const form = /** @type {HTMLFormElement} */ (copy('prompt'));
  const asksPin = prompt.kind === 'pin';
  form.dataset.key = `${prompt.id} ${language}`;
  form.dataset.prompt = prompt.kind;
  form.dataset.serial = prompt.serial;
  fill(form, 'purpose', prompt.purpose[language]);
  fill(form, 'origin', prompt.origin);
  fill(form, 'label', prompt.serial ? `${prompt.label} (${prompt.serial})` : prompt.label);
  fill(form, 'reader', prompt.reader);
  fill(form, 'tries', String(prompt.tries ?? '–'));
  fill(form, 'ok', asksPin ? texts.ok : texts.agree);
  fill(form, 'digits', prompt.digits);
  hide(form, 'digits', !prompt.digits);
  hide(form, 'label', !prompt.label);
  for (const row of ['reader', 'tries', 'pin']) hide(form, row, !asksPin);
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('pin'));
  field.hidden = !asksPin;
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!asksPin) return act({ do: 'agree', prompt: prompt.id });
    if (field.value) act({ do: 'answer', prompt: prompt.id, pin: field.value });
    field.value = '';
  };
  /** @type {HTMLButtonElement} */ (form.querySelector('[data-cancel]')).onclick = () => act({ do: 'cancel', prompt: prompt.id });
  return form;
}

/** @param {HTMLElement} form @param {string} row @param {boolean} hidden */
function hide(form, row, hidden) {
  /** @type {HTMLElement} */ (form.querySelector(`[data-row="${row}"]`)).hidden = hidden;
}

element('language').onclick = () => {
  language = language === 'fr' ? 'en' : 'fr';
  draw();
};
draw();
