// <pli-shell>: the desk. Folders, list and reader or composer; on a phone one of them at a time.
import { formatNumber, startLanguage, t } from '../i18n.js';
import { lastEntrance } from '../mail/workroom.js';
import { useTimeZone } from '../time-zone.js';
import { forgetBlob, forgetBlobs } from '../viewers/blobs.js';
import { errorCode } from '../viewers/error-texts.js';
import { icon } from '../viewers/icons.js';
import { html, LightElement, nothing, repeat } from '../viewers/lit.js';
import { linkTarget } from '../viewers/links.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { ownerName } from '../viewers/account-texts.js';
import { grantEndText } from '../viewers/waiting.js';
import { linkView, previewView, separateView } from './dialogs.js';
import { accessFrench } from './access-french.js';
import { GO_TO, languageButton } from './entrance.js';
import { folderName, foldersView, placesView } from './folders.js';
import { lockedView } from './locked.js';
import { emptyDraft, forwardDraft, forwardWholeDraft, mailtoDraft, replyDraft } from './reply.js';
import { loadPlace, PLACES } from './places.js';
import { commandOf, shortcutsView, typing } from './shortcuts.js';
import { actingView, switcherView } from './switcher.js';
import { topbarView } from './topbar.js';
import { WorkDesk, workFrench } from './work-desk.js';
import { sharesView } from './work-view.js';
import './dialog.js';
import './message-list.js';

/** @typedef {import('./store-types.js').Draft} Draft */
/** @typedef {import('./store-types.js').OpenedMessage} OpenedMessage */
/** @typedef {import('./store-types.js').Row} Row */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** A third of the code of this page, and the first list stands sooner without. */
const loadRooms = () => Promise.all([import('./reader.js'), import('./composer.js'), import('./separate.js')]);

const TOAST_TIME = 5_000;
/** The id, no more, of the draft being written: it opens again after a reload or a lock. */
const WRITING_NAME = 'pli-writing';

export class Shell extends LightElement {
  static properties = {
    store: { attribute: false },
    folderId: { state: true }, row: { state: true }, draft: { state: true }, drafts: { state: true }, pane: { state: true }, place: { state: true }, switching: { state: true },
    toast: { state: true }, error: { state: true }, lockReason: { state: true }, seen: { state: true }, share: { state: true }, takenBy: { state: true },
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
    /** @type {WorkDesk|null} */
    this.desk = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.toastTimer = undefined;
    /** @type {import('./access-news.js').AccessNews|null} */
    this.news = null;
    this.hear = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    this.#listen();
  }

  /** What the panes and the dialogs ask for. */
  #listen() {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ act) => this.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on('pli-open', ({ row }) => this.#open(row));
    on('pli-command', ({ command, message }) => this.#run(command, message));
    on('pli-link', ({ href, text }) => this.#follow(href, text));
    on('pli-key', (key) => this.#frameKey(commandOf(key) ?? ''));
    on('pli-preview', (image) => this.#above()?.show((close) => previewView(image, close), 'preview-dialog', () => forgetBlob(image.url)));
    on('pli-separate', ({ attachment }) => this.#openSeparately(attachment));
    on('pli-original', ({ id }) => void this.#attempt(() => this.#openOriginal(id)));
    on('pli-error', ({ error }) => { this.error = error; });
    on('pli-place', ({ place }) => void this.#attempt(() => this.#go(place)));
    on('pli-letter', ({ draft }) => this.#write(draft));
    on('pli-assign', ({ person }) => this.row && void this.#attempt(() => this.desk?.assign(this.row?.id ?? '', person)));
    on('pli-said', ({ words }) => this.#say(words));
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
    this.desk = new WorkDesk(store, { say: (words) => this.#say(words), ask: (view) => this.#above()?.show(view) });
    store.addEventListener('accounts', () => { this.#keepTime(store); this.#learnShared(store); });
    store.addEventListener('work', () => this.#workChanged());
    store.addEventListener('work-taken', ({ detail }) => { this.takenBy = detail.by; });
    store.addEventListener('account', () => { this.#keepTime(store); void this.#readNews(store); });
    store.addEventListener('account-ended', ({ detail }) => this.#ended(detail.account));
    store.addEventListener('online', () => this.#onlineChanged(store));
    store.addEventListener('phase', () => this.requestUpdate());
    store.addEventListener('list', ({ detail }) => { if (!detail?.folderId || detail.folderId === this.folderId) this.#list()?.refresh(); });
    store.addEventListener('drafts', () => this.#draftsChanged());
    store.addEventListener('letters', () => void this.#readDrafts());
    store.addEventListener('draft-error', ({ detail }) => { this.error = detail.error; });
    store.addEventListener('locked', ({ detail }) => this.#locked(detail.reason));
    store.addEventListener('card-seen', ({ detail }) => { this.seen = detail; });
    store.addEventListener('grant', () => this.requestUpdate());
    store.addEventListener('export-wanted', () => void this.#attempt(() => this.#go('leaving').then(() => this.requestUpdate())));
    store.addEventListener('grant-ended', ({ detail }) => { if (store.phase === 'open') this.#say(grantEndText(detail.reason)); });
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
    this.#list()?.workChanged();
    this.#reader()?.requestUpdate();
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
    if (writing) this.#write(writing);
    await this.#arrive();
  }

  async #arrive() {
    const place = sessionStorage.getItem(GO_TO) ?? '';
    sessionStorage.removeItem(GO_TO);
    if (place in PLACES) await this.#go(place);
  }

  /** @param {Store} store */
  #onlineChanged(store) {
    if (store.online && errorCode(this.error) === 'offline') this.error = null;
    this.requestUpdate();
  }

  #draftsChanged() {
    this.#composer()?.markSaved();
    if (this.draft?.id) sessionStorage.setItem(WRITING_NAME, this.draft.id);
    this.#readDrafts();
  }

  async #readDrafts() {
    if (this.store?.phase !== 'open') return;
    this.drafts = await this.store.drafts().catch(() => this.drafts);
  }

  /** Nothing that was opened stays on the screen. @param {string} reason */
  #locked(reason) {
    this.#dialog()?.close();
    this.#above()?.close();
    this.news = null;
    forgetBlobs();
    Object.assign(this, { lockReason: reason, row: null, draft: null, drafts: [], place: '', pane: 'list', share: '', toast: '', error: null, seen: { own: false, other: null } });
  }

  #folder() {
    const folders = this.store?.folders ?? [];
    return folders.find(({ id }) => id === this.folderId) ?? folders.find(({ role }) => role === 'inbox') ?? null;
  }

  #list() {
    return /** @type {import('./message-list.js').MessageList|null} */ (this.querySelector('pli-list'));
  }

  #composer() {
    return /** @type {import('./composer.js').Composer|null} */ (this.querySelector('pli-composer'));
  }

  #dialog() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog'));
  }

  /** For a question or a picture that may come from inside a dialog. */
  #above() {
    return /** @type {import('./dialog.js').Dialog|null} */ (this.querySelector('pli-dialog.above'));
  }

  get #asking() {
    return Boolean(this.#dialog()?.open || this.#above()?.open);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const command = commandOf(event);
    if (!command || this.#asking || this.store?.phase !== 'open' || typing(event.target instanceof Element ? event.target : null, event.key)) return;
    event.preventDefault();
    this.#run(command);
  }

  /** A key pressed in a message's frame, which may keep the focus when it opened a dialog. @param {string} command */
  #frameKey(command) {
    if (!this.#asking) this.#run(command);
    else if (command === 'leave') (this.#above()?.open ? this.#above() : this.#dialog())?.close();
  }

  /** @param {string} command @param {OpenedMessage|null} [message] */
  #run(command, message = this.#reader()?.message ?? null) {
    switch (command) {
      case 'next': this.#list()?.move(1); break;
      case 'previous': this.#list()?.move(-1); break;
      case 'open': this.#list()?.openCursor(); break;
      case 'compose': this.#write(emptyDraft()); break;
      case 'help': this.#dialog()?.show((close) => shortcutsView(close)); break;
      case 'leave': this.#leave(); break;
      default: this.#runOnMessage(command, message);
    }
  }

  /** @param {string} command @param {OpenedMessage|null} message */
  #runOnMessage(command, message) {
    const own = this.store?.session?.mailbox.address ?? '';
    if (!this.row) return;
    switch (command) {
      case 'remove': this.#move('trash', t('Message deleted')); return;
      case 'archive': this.#move('archive', t('Message archived')); return;
      case 'unread': this.#keyword('$seen', false); this.#leave(); return;
      case 'done': void this.#attempt(() => this.desk?.finish(this.row?.id ?? '')); return;
      case 'flag': this.#keyword('$flagged', !this.row.keywords['$flagged']); return;
      default:
    }
    if (!message || message.quarantined) return;
    if (command === 'reply' || command === 'replyAll') void this.#attempt(() => this.desk?.answer(message.id, replyDraft(message, { all: command === 'replyAll', own }), (draft) => this.#write(draft)));
    else if (command === 'forward') this.#write(forwardDraft(message));
    else if (command === 'forwardWhole') void this.#attempt(() => this.#forwardWhole(message));
    else if (command === 'print') this.#reader()?.print();
    else if (command === 'readers') void this.#attempt(() => this.#showReaders(message.id));
    else if (command === 'confidential') void this.#attempt(() => this.#askConfidential());
    else if (command === 'held') void this.#attempt(() => this.#showHeld(message));
  }

  /** @param {OpenedMessage} message */
  async #forwardWhole(message) {
    const { store } = this;
    if (store) this.#write(await forwardWholeDraft(message, (whole) => store.original(whole)));
  }

  async #askConfidential() {
    const [{ confidentialDialog }, { confidentialFrench }] = await Promise.all([import('./confidential.js'), import('./confidential-french.js')]);
    const [, { row, store }] = [await confidentialFrench(), this];
    this.#dialog()?.show((close) => confidentialDialog(store, row, close, () => void this.#attempt(() => this.#marked(row))), 'confidential-dialog');
  }

  /** The row stands in another list now. @param {Row|null} row */
  async #marked(row) {
    const next = row && (await this.store?.row(row.id));
    if (next && this.row?.id === next.id) this.row = next;
    this.#say(next?.confidential ? t('Confidential from now on') : t('Everybody who reads here sees it'));
    this.#list()?.refresh();
  }

  /** @param {OpenedMessage} message */
  async #showHeld(message) {
    const { heldDialog } = await import('./held-dialog.js');
    this.#dialog()?.show((close) => heldDialog(this.store, this.row, message, close), 'held-dialog');
  }

  /** @param {string} messageId */
  async #showReaders(messageId) {
    await loadPlace('trace');
    const [{ readersDialog }, { store }] = [await import('./trace.js'), this];
    if (store) this.#dialog()?.show((close) => readersDialog(store, messageId, close), 'readers-dialog');
  }

  /** @param {import('./store-types.js').Attachment} attachment */
  #openSeparately(attachment) {
    const { store } = this;
    const within = this.#reader()?.message;
    if (store && within) this.#dialog()?.show((close) => separateView({ store, attachment, within }, close), 'separate-dialog');
  }

  /** @param {string} id of a message that a copy was made of */
  async #openOriginal(id) {
    this.#dialog()?.close();
    const row = await this.store?.row(id);
    if (row) this.#open(row);
  }

  #reader() {
    return /** @type {import('./reader.js').Reader|null} */ (this.querySelector('pli-reader'));
  }

  #leave() {
    this.place = '';
    if (this.draft) return;
    this.pane = 'list';
    this.row = null;
    this.updateComplete.then(() => this.#list()?.focusGrid());
  }

  /** @param {Draft} draft */
  #write(draft) {
    if (this.store?.session?.level === 'recovery') return this.#say(t('This session only reads.'));
    this.toast = '';
    this.place = '';
    this.draft = draft;
    this.pane = 'reader';
  }

  /** @param {Row} row */
  #open(row) {
    if (this.#folder()?.role === 'drafts') return;
    this.row = row;
    this.draft = null;
    this.pane = 'reader';
    if (!row.keywords['$seen'] && this.store?.session?.level !== 'recovery') this.#keyword('$seen', true);
  }

  /** @param {string} keyword @param {boolean} on */
  async #keyword(keyword, on) {
    const { row } = this;
    if (!row) return;
    row.keywords = { ...row.keywords, [keyword]: on };
    this.#list()?.requestUpdate();
    this.#reader()?.requestUpdate();
    await this.#attempt(() => this.store?.setKeywords(row.id, { [keyword]: on }));
  }

  /** @param {'trash'|'archive'} role @param {string} said */
  async #move(role, said) {
    const { row, store } = this;
    const target = store?.folders.find((folder) => folder.role === role);
    if (!row || !store) return;
    const next = this.#list()?.neighbour() ?? null;
    const here = this.#folder()?.role === role;
    await this.#attempt(async () => {
      if (here || !target) await store.destroy([row.id]);
      else await store.move([row.id], target.id);
      this.row = this.pane === 'reader' && next && !matchMedia('(max-width: 47.99rem)').matches ? next : null;
      if (!this.row) this.pane = 'list';
      this.#say(said);
    });
    this.#list()?.refresh();
  }

  /** @param {() => Promise<void>|void|undefined} act */
  async #attempt(act) {
    try {
      await act();
    } catch (error) {
      this.error = error;
    }
  }

  /** @param {string} words */
  #say(words) {
    clearTimeout(this.toastTimer);
    this.toast = words;
    this.toastTimer = setTimeout(() => { this.toast = ''; }, TOAST_TIME);
  }

  /** @param {string} href @param {string} text */
  #follow(href, text) {
    const target = linkTarget(href, text);
    if (/^\s*mailto:/i.test(href)) void this.#attempt(() => this.#writeTo(href));
    else if (target && target.kind !== 'mail') this.#dialog()?.show((close) => linkView(target, close));
  }

  /** @param {string} href mailto: */
  async #writeTo(href) {
    const { parseMailto } = await import('../mail/mailto.js');
    const mailto = parseMailto(href);
    if (mailto) this.#write(mailtoDraft(mailto));
  }

  async #redraw() {
    await startLanguage();
    for (const part of this.querySelectorAll('pli-list, pli-reader, pli-separate, .place-pane > *, pli-composer, pli-recipients, pli-mail-frame')) {
      /** @type {import('../viewers/lit.js').LightElement} */ (part).requestUpdate();
    }
    this.requestUpdate();
  }

  render() {
    const { store } = this;
    if (!store) return nothing;
    if (store.phase !== 'open') return this.#lockedPage(store);
    return html`
      <header class="topbar">${topbarView({ session: store.session, own: store.accounts.find(({ current }) => current)?.isPersonal ?? true, grant: store.grant, redraw: () => this.#redraw(), lock: () => this.#attempt(() => store.lock('locked')),
        help: () => this.#run('help'), news: store.accounts.some(({ news }) => news), menu: () => { this.pane = 'folders'; } })}</header>
      <div class="banners">${this.#banners(store)}</div>
      <main class="panes" id="main" data-pane=${this.pane}>
        <h1 class="visually-hidden">${t('Pli, your mail')}</h1>
        <nav class="pane folders-pane" aria-label=${t('Folders')}>${foldersView({ accounts: this.#accounts(store), folders: this.#counted(store), current: this.place ? '' : this.#folder()?.id ?? '', choose: (id) => this.#choose(id), compose: () => this.#run('compose'),
          places: placesView({ store, current: this.place }), tools: languageButton(() => this.#redraw()) })}</nav>
        ${this.place ? this.#placePane(store) : this.#mailPanes(store)}
      </main>
      <button type="button" class="button primary compose-fab only-narrow" @click=${() => this.#run('compose')}>${icon('compose')}${t('Write')}</button>
      <div class="toast" role="status">${this.toast}</div>
      <pli-dialog></pli-dialog>
      <pli-dialog class="above"></pli-dialog>`;
  }

  /** @param {Store} store */
  #accounts(store) {
    const unreadHere = store.folders.find(({ role }) => role === 'inbox')?.unread ?? 0;
    return switcherView({ accounts: store.accounts, unreadHere, opening: this.switching, choose: (id) => void this.#switch(store, id) });
  }

  /** Nothing of it stays on the screen. @param {import('./store-types.js').Account} account */
  #ended(account) {
    forgetBlobs();
    Object.assign(this, { row: null, draft: null, place: '', pane: 'list', folderId: '', share: '', drafts: [] });
    this.#say(t('Your access to the mailbox of {name} has ended.', { name: ownerName(account) }));
    void this.#readDrafts();
  }

  /** What is being written stays a draft of the mailbox that is left. @param {Store} store @param {string} id */
  async #switch(store, id) {
    if (this.switching) return;
    const { draft } = this;
    Object.assign(this, { switching: id, row: null, draft: null, place: '', pane: 'list', share: '', error: null });
    await this.#attempt(async () => {
      if (draft?.id) await store.saveDraft(draft);
      await store.switchTo(id);
      this.folderId = '';
      await this.#readDrafts();
    });
    this.switching = '';
    this.#list()?.refresh();
  }

  /** @param {Store} store */
  #mailPanes(store) {
    return html`
      <section class="pane list-pane" aria-label=${t('List of messages')}>${this.#listPane(store)}</section>
      <section class="pane reader-pane" aria-label=${t('Reading and writing')}>${this.#rightPane(store)}</section>`;
  }

  /** @param {Store} store */
  #placePane(store) {
    return html`<section class="pane place-pane" aria-label=${PLACES[this.place]?.title() ?? ''}>${PLACES[this.place]?.view(store)}</section>`;
  }

  /** @param {string} place a name of PLACES */
  async #go(place) {
    await loadPlace(place);
    if (this.store?.phase !== 'open') return;
    Object.assign(this, { place, pane: 'place', row: null });
  }

  /** Drafts are sealed objects, not messages: their folder counts what this device sees. @param {Store} store */
  #counted(store) {
    return store.folders.map((folder) => (folder.role === 'drafts' ? { ...folder, total: this.drafts.length } : folder));
  }

  /** @param {string} id */
  #choose(id) {
    this.place = '';
    if (id !== this.folderId) this.row = null;
    this.folderId = id;
    this.pane = 'list';
  }

  /** @param {Store} store */
  #banners(store) {
    return html`
      ${actingView(store)}
      ${this.news?.view() ?? nothing}
      ${store.online ? nothing : noticeView({ tone: 'caution', title: t('No connection to the server.'), body: t('What is open stays readable. What you write is kept and goes on when the connection is back.') })}
      ${this.takenBy ? noticeView({ tone: 'caution', title: t('{name} has taken over this answer.', { name: this.takenBy.name }), body: t('What you wrote stays here as a draft. Agree with your colleague before you send it.') }) : nothing}
      ${this.error && (store.online || errorCode(this.error) !== 'offline') ? errorView(this.error, { dismiss: () => { this.error = null; } }) : nothing}`;
  }

  /** @param {Store} store */
  #listPane(store) {
    const folder = this.#folder();
    const drafts = folder?.role === 'drafts';
    const shares = store.work && folder?.role !== 'sent' && !drafts;
    const total = drafts ? this.drafts.length : this.share ? 0 : folder?.total ?? 0;
    return html`
      <div class="list-head"><h2 class="list-title">${folder ? folderName(folder) : t('Inbox')}</h2><span class="list-count">${total ? formatNumber(total) : ''}</span>
        ${shares ? sharesView(this.share, (share) => Object.assign(this, { share, row: null, pane: 'list' })) : nothing}</div>
      ${drafts ? this.#draftList() : html`<pli-list .store=${store} .folder=${folder} .share=${shares ? this.share : ''} .selectedId=${this.row?.id ?? ''}></pli-list>`}`;
  }

  #draftList() {
    if (!this.drafts.length) return html`<div class="empty">${icon('drafts')}<p class="empty-title">${t('No drafts')}</p><p>${t('What you write is sealed and kept here until you send it.')}</p></div>`;
    return html`<ul class="draft-list" role="list">${this.drafts.map((draft) => html`<li><button type="button" class="draft-item" @click=${() => this.#write(draft)}>
      <span class="draft-who">${draft.to.map(({ name, address }) => name || address).join(', ') || t('(nobody yet)')}</span>
      <span class="draft-what">${draft.subject || t('(no subject)')}</span><span class="draft-text">${draft.text.slice(0, 90)}</span></button></li>`)}</ul>`;
  }

  /** @param {Store} store */
  #rightPane(store) {
    if (!this.draft) return html`<pli-reader .store=${store} .row=${this.row}></pli-reader>`;
    const said = (/** @type {string} */ words) => (/** @type {CustomEvent} */ event) => this.#written(words, event.detail);
    return repeat([this.draft], (draft) => draft, (draft) => html`<pli-composer .store=${store} .draft=${draft}
      @pli-sent=${said(t('Message sent, encrypted'))} @pli-close=${said(t('Draft sealed and kept'))} @pli-discarded=${said(t('Draft discarded'))}
      @pli-prepared=${this.#handedOver(t('Handed over to be signed'))} @pli-corrected=${this.#handedOver(t('Correction kept'))}></pli-composer>`);
  }

  /** Back among the letters to sign. @param {string} said */
  #handedOver(said) {
    return (/** @type {CustomEvent} */ event) => {
      this.#written(said, event.detail);
      void this.#attempt(() => this.#go('letters'));
    };
  }

  /** @param {string} said @param {{draft: Draft, done: Promise<void>}} written */
  #written(said, { draft, done }) {
    this.#say(said);
    done.then(() => this.#readDrafts());
    if (this.draft !== draft) return;
    this.draft = null;
    sessionStorage.removeItem(WRITING_NAME);
    this.pane = this.row ? 'reader' : 'list';
  }

  /** @param {Store} store */
  #lockedPage(store) {
    return lockedView({ phase: store.phase, reason: this.lockReason, error: this.error, seen: this.seen, giveWay: (card) => this.#attempt(() => store.giveWay(card)), redraw: () => this.#redraw(),
      unlock: () => this.#unlock(store), logout: () => this.#attempt(() => store.logout()) });
  }

  /** @param {Store} store */
  async #unlock(store) {
    this.error = null;
    if (lastEntrance() === 'code') return this.#attempt(() => store.logout()); // it is typed at the entrance, and kept nowhere
    await this.#attempt(() => store.openMailbox());
    await Promise.all([this.#resume(), this.#readNews(store)]);
  }
}

customElements.define('pli-shell', Shell);
