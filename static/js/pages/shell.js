// <pli-shell>: the desk. Folders, list and reader or composer; on a phone one of them at a time. Here is what it knows and when that
// changes; shell-view.js draws it, commands.js does what keys and buttons ask for.
import { addFrench, startLanguage, t } from '../i18n.js';
import { useTimeZone } from '../time-zone.js';
import { forgetBlobs } from '../viewers/blobs.js';
import { errorCode } from '../viewers/error-texts.js';
import { LightElement, nothing } from '../viewers/lit.js';
import { actingText, ownerName } from '../viewers/account-texts.js';
import { grantEndText } from '../viewers/waiting.js';
import { accessFrench } from './access-french.js';
import { follow, frameKeyPressed, keyPressed, openOriginal, openSeparately, run, setKeyword, showImage } from './commands.js';
import { GO_TO } from './entrance.js';
import { onlyReadsHere, openAccount } from './letter-mode.js';
import { reopen } from './locked.js';
import { loadPlace, PLACES } from './places.js';
import { shellView } from './shell-view.js';
import { commandOf } from './shortcuts.js';
import { WorkDesk, workFrench } from './work-desk.js';
import './dialog.js';
import './message-list.js';

/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** A third of the code of this page, and the first list stands sooner without. */
async function loadRooms() {
  await addFrench(() => import('../locale/fr-reading.js'));
  await Promise.all([import('./reader.js'), import('./composer.js'), import('./separate.js'), import('./dialogs.js')]);
}

const TOAST_TIME = 5_000;
/** The id, no more, of the draft being written: it opens again after a reload or a lock. */
const WRITING_NAME = 'pli-writing';

export class Shell extends LightElement {
  static properties = {
    store: { attribute: false },
    folderId: { state: true }, row: { state: true }, draft: { state: true }, drafts: { state: true }, pane: { state: true }, place: { state: true }, switching: { state: true },
    toast: { state: true }, error: { state: true }, lockReason: { state: true }, seen: { state: true }, share: { state: true }, takenBy: { state: true }, unopened: { state: true },
  };

  constructor() {
    super();
    /** @type {Store|null} */
    this.store = null;
    this.folderId = '';
    /** @type {Row|null} */
    this.row = null;
    /** @type {Draft|null} */
    this.draft = null;
    /** @type {Draft[]} */
    this.drafts = [];
    /** @type {'folders'|'list'|'reader'|'place'} */
    this.pane = 'list';
    /** What stands there instead of list and reader: a name of PLACES, or ''. */
    this.place = '';
    /** Id of the mailbox that is being opened in the place of this one. */
    this.switching = '';
    this.toast = '';
    /** @type {unknown} */
    this.error = null;
    this.lockReason = '';
    /** Cards in the reader while locked. @type {{own: boolean, other: {card: string, label: string}|null}} */
    this.seen = { own: false, other: null };
    /** Of a shared inbox: which messages are listed. @type {import('../mail/work.js').Share|''} */
    this.share = '';
    /** Who took over the answer being written. @type {import('../mail/work.js').Colleague|null} */
    this.takenBy = null;
    /** Drafts that wait on this device and do not open, until the person has read so. */
    this.unopened = 0;
    /** @type {WorkDesk|null} */
    this.desk = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.toastTimer = undefined;
    /** @type {import('./access-news.js').AccessNews|null} */
    this.news = null;
    this.hear = (/** @type {KeyboardEvent} */ event) => keyPressed(this, event);
    this.#listen();
  }

  /** What the panes and the dialogs ask for. */
  #listen() {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ act) => this.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on('pli-open', ({ row }) => this.open(row));
    on('pli-command', ({ command, message }) => run(this, command, message));
    on('pli-link', ({ href, text }) => follow(this, href, text));
    on('pli-key', (key) => frameKeyPressed(this, commandOf(key) ?? ''));
    on('pli-preview', (image) => void this.attempt(() => showImage(this, image)));
    on('pli-separate', ({ attachment }) => void this.attempt(() => openSeparately(this, attachment)));
    on('pli-original', ({ id }) => void this.attempt(() => openOriginal(this, id)));
    on('pli-error', ({ error }) => { this.error = error; });
    on('pli-place', ({ place }) => void this.attempt(() => this.go(place)));
    on('pli-letter', ({ draft }) => this.write(draft));
    on('pli-assign', ({ person }) => this.row && void this.attempt(() => this.desk?.assign(this.row?.id ?? '', person)));
    on('pli-said', ({ words }) => this.say(words));
  }

  firstUpdated() {
    void loadRooms().catch((error) => { this.error = error; });
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('keydown', this.hear);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.hear);
  }

  /** Gives the shell its store and shows the mailbox. @param {Store} store */
  async start(store) {
    await startLanguage();
    this.store = store;
    this.#keepTime(store);
    store.addEventListener('folders', () => this.requestUpdate());
    this.desk = new WorkDesk(store, { say: (words) => this.say(words), ask: (view) => this.above()?.show(view) });
    store.addEventListener('accounts', () => { this.#keepTime(store); this.#learnShared(store); });
    store.addEventListener('work', () => this.#workChanged());
    store.addEventListener('work-taken', ({ detail }) => { this.takenBy = detail.by; });
    store.addEventListener('account', () => { this.#keepTime(store); void this.#readNews(store); });
    store.addEventListener('lapsed', () => this.requestUpdate());
    store.addEventListener('requests', () => void this.news?.readRequests());
    store.addEventListener('account-ended', ({ detail }) => this.#ended(detail.account));
    store.addEventListener('online', () => this.#onlineChanged(store));
    store.addEventListener('phase', () => this.requestUpdate());
    store.addEventListener('list', ({ detail }) => { if (!detail?.folderId || detail.folderId === this.folderId) this.list()?.refresh(); });
    store.addEventListener('drafts', () => this.#draftsChanged());
    store.addEventListener('letters', () => void this.#readDrafts());
    store.addEventListener('draft-error', ({ detail }) => { this.error = detail.error; });
    store.addEventListener('unopened-drafts', () => { this.unopened = store.unopenedDrafts; });
    this.unopened = store.unopenedDrafts;
    store.addEventListener('locked', ({ detail }) => this.#locked(detail.reason));
    store.addEventListener('card-seen', ({ detail }) => { this.seen = detail; });
    store.addEventListener('grant', () => this.requestUpdate());
    store.addEventListener('export-wanted', () => void this.attempt(() => this.go('leaving').then(() => this.requestUpdate())));
    store.addEventListener('grant-ended', ({ detail }) => { if (store.phase === 'open') this.say(grantEndText(detail.reason)); });
    await Promise.all([this.#resume(), this.#readNews(store)]);
  }

  /** Dates are those of the place where the mailbox is at home. @param {Store} store */
  #keepTime(store) {
    useTimeZone(store.accounts.find(({ current }) => current)?.timeZone);
    this.requestUpdate();
  }

  /** @param {Store} store */
  #learnShared(store) {
    if (store.accounts.some(({ isPersonal }) => !isPersonal)) void workFrench().then(() => this.requestUpdate());
  }

  #workChanged() {
    this.list()?.workChanged();
    this.reader()?.requestUpdate();
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('draft')) return;
    this.desk?.follow(this.draft);
    if (!this.draft) this.takenBy = null;
  }

  /** Reminders about cards and emergencies, once the mail stands. @param {Store} store */
  async #readNews(store) {
    if (store.phase !== 'open') return;
    const [{ AccessNews }] = await Promise.all([import('./access-news.js'), accessFrench()]);
    this.news = new AccessNews(store, () => this.requestUpdate());
    this.requestUpdate();
    await this.news.read();
  }

  /** What was being written goes on. */
  async #resume() {
    if (this.store?.phase !== 'open') return;
    await this.#readDrafts();
    const writing = this.drafts.find(({ id }) => id && id === sessionStorage.getItem(WRITING_NAME));
    if (writing) this.write(writing);
    await this.#arrive();
  }

  async #arrive() {
    const place = sessionStorage.getItem(GO_TO) ?? '';
    sessionStorage.removeItem(GO_TO);
    if (place in PLACES) await this.go(place);
  }

  /** @param {Store} store */
  #onlineChanged(store) {
    if (store.online && errorCode(this.error) === 'offline') this.error = null;
    this.requestUpdate();
  }

  #draftsChanged() {
    this.composer()?.markSaved();
    if (this.draft?.id) sessionStorage.setItem(WRITING_NAME, this.draft.id);
    this.#readDrafts();
  }

  async #readDrafts() {
    if (this.store?.phase !== 'open') return;
    this.drafts = await this.store.drafts().catch(() => this.drafts);
  }

  /** Nothing that was opened stays on the screen. @param {string} reason */
  #locked(reason) {
    this.dialog()?.close();
    this.above()?.close();
    this.news = null;
    forgetBlobs();
    Object.assign(this, { lockReason: reason, row: null, draft: null, drafts: [], place: '', pane: 'list', share: '', toast: '', error: null, unopened: 0, seen: { own: false, other: null } });
  }

  /** The one whose list is shown; null before any is known. */
  folder() {
    const folders = this.store?.folders ?? [];
    return folders.find(({ id }) => id === this.folderId) ?? folders.find(({ role }) => role === 'inbox') ?? null;
  }

  list() {
    return /** @type {import('./message-list.js').MessageList|null} */ (this.querySelector('pli-list'));
  }

  reader() {
    return /** @type {import('./reader.js').Reader|null} */ (this.querySelector('pli-reader'));
  }

  composer() {
    return /** @type {import('./composer.js').Composer|null} */ (this.querySelector('pli-composer'));
  }

  dialog() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog'));
  }

  /** For a question or a picture that may come from inside a dialog. */
  above() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog.above'));
  }

  /** Whether a dialog is open. */
  get asking() {
    return Boolean(this.dialog()?.open || this.above()?.open);
  }

  /** Back to the list; what is being written stays. */
  leave() {
    this.place = '';
    if (this.draft) return;
    this.pane = 'list';
    this.row = null;
    this.updateComplete.then(() => this.list()?.focusGrid());
  }

  /** Opens the composer. @param {Draft} draft */
  write(draft) {
    const { session = null } = this.store ?? {};
    const account = this.store ? openAccount(this.store) : undefined;
    if (session?.level === 'recovery') return this.say(t('This session only reads.'));
    if (session && account && onlyReadsHere(session, account)) return this.say(actingText(session, account));
    this.toast = '';
    this.place = '';
    this.draft = draft;
    this.pane = 'reader';
  }

  /** Opens the message of a row. @param {Row} row */
  open(row) {
    if (this.folder()?.role === 'drafts') return;
    this.row = row;
    this.draft = null;
    this.pane = 'reader';
    if (!row.keywords['$seen'] && this.store?.session?.level !== 'recovery') setKeyword(this, '$seen', true);
  }

  /** What fails is said above the panes. @param {() => Promise<void>|void|undefined} act */
  async attempt(act) {
    try {
      await act();
    } catch (error) {
      this.error = error;
    }
  }

  /** Says for a moment what was done. @param {string} words */
  say(words) {
    clearTimeout(this.toastTimer);
    this.toast = words;
    this.toastTimer = setTimeout(() => { this.toast = ''; }, TOAST_TIME);
  }

  /** In the language or theme that was just chosen. */
  async redraw() {
    await startLanguage();
    for (const part of this.querySelectorAll('pli-list, pli-reader, pli-separate, .place-pane *, pli-composer, pli-recipients, pli-mail-frame')) {
      /** @type {Partial<import('../viewers/lit.js').LightElement>} */ (part).requestUpdate?.();
    }
    this.requestUpdate();
  }

  /** Nothing of it stays on the screen. @param {import('./store-types.js').Account} account */
  #ended(account) {
    forgetBlobs();
    Object.assign(this, { row: null, draft: null, place: '', pane: 'list', folderId: '', share: '', drafts: [], unopened: 0 });
    const still = this.store?.accounts.some(({ id }) => id === account.id);
    this.say(still ? t('The emergency is over; you have your own access again.') : t('Your access to the mailbox of {name} has ended.', { name: ownerName(account) }));
    void this.#readDrafts();
  }

  /** What is being written stays a draft of the mailbox that is left. @param {Store} store @param {string} id */
  async switchTo(store, id) {
    if (this.switching) return;
    const { draft } = this;
    Object.assign(this, { switching: id, row: null, draft: null, place: '', pane: 'list', share: '', error: null, unopened: 0 });
    await this.attempt(async () => {
      if (draft?.id) await store.saveDraft(draft);
      await store.switchTo(id);
      this.folderId = '';
      await this.#readDrafts();
    });
    this.switching = '';
    this.list()?.refresh();
  }

  /** Into a room beside the mail. @param {string} place a name of PLACES */
  async go(place) {
    await loadPlace(place);
    if (this.store?.phase !== 'open') return;
    Object.assign(this, { place, pane: 'place', row: null });
  }

  /** Shows another folder. @param {string} id */
  choose(id) {
    this.place = '';
    if (id !== this.folderId) this.row = null;
    this.folderId = id;
    this.pane = 'list';
  }

  /** Back among the letters to sign. @param {string} said */
  handedOver(said) {
    return (/** @type {CustomEvent} */ event) => {
      this.written(said, event.detail);
      void this.attempt(() => this.go('letters'));
    };
  }

  /** The composer has done with a draft. @param {string} said @param {{draft: Draft, done: Promise<void>}} written */
  written(said, { draft, done }) {
    this.say(said);
    done.then(() => this.#readDrafts());
    if (this.draft !== draft) return;
    this.draft = null;
    sessionStorage.removeItem(WRITING_NAME);
    this.pane = this.row ? 'reader' : 'list';
  }

  /** Opens the mailbox again. @param {Store} store */
  async unlock(store) {
    this.error = null;
    await this.attempt(() => reopen(store));
    await Promise.all([this.#resume(), this.#readNews(store)]);
  }

  render() {
    return this.store ? shellView(this, this.store) : nothing;
  }
}

customElements.define('pli-shell', Shell);
