// What the desk shows: the bar, banners, folders, list, reader or composer, a room in their place; or that it is locked.
import { formatNumber, t, tn } from '../i18n.js';
import { errorCode } from '../viewers/error-texts.js';
import { icon } from '../viewers/icons.js';
import { html, nothing, repeat } from '../viewers/lit.js';
import { errorView, noticeView } from '../viewers/notice.js';
import { giveUpDrafts, run } from './commands.js';
import { languageButton } from './entrance.js';
import { folderName, foldersView, placesView } from './folders.js';
import { lockedView } from './locked.js';
import { PLACES } from './places.js';
import { actingView, switcherView } from './switcher.js';
import { topbarView } from './topbar.js';
import { sharesView } from './work-view.js';

/** @typedef {import('./shell.js').Shell} Shell */
/** @typedef {import('./store-types.js').StoreFace} Store */

/** @param {Shell} shell @param {Store} store */
export function shellView(shell, store) {
  if (store.phase !== 'open') return lockedPage(shell, store);
  return html`
    <header class="topbar">${topbarView({ session: store.session, own: store.accounts.find(({ current }) => current)?.isPersonal ?? true, grant: store.grant, redraw: () => shell.redraw(), lock: () => shell.attempt(() => store.lock('locked')),
      help: () => run(shell, 'help'), news: store.accounts.some(({ news }) => news), menu: () => { shell.pane = 'folders'; } })}</header>
    <div class="banners">${bannersView(shell, store)}</div>
    <main class="panes" id="main" data-pane=${shell.pane}>
      <h1 class="visually-hidden">${t('Pli, your mail')}</h1>
      <nav class="pane folders-pane" aria-label=${t('Folders')}>${foldersView({ accounts: accountsView(shell, store), folders: counted(shell, store), current: shell.place ? '' : shell.folder()?.id ?? '', choose: (id) => shell.choose(id), compose: () => run(shell, 'compose'),
        places: placesView({ store, current: shell.place }), tools: languageButton(() => shell.redraw()) })}</nav>
      ${shell.place ? placePane(shell, store) : mailPanes(shell, store)}
    </main>
    <button type="button" class="button primary compose-fab only-narrow" @click=${() => run(shell, 'compose')}>${icon('compose')}${t('Write')}</button>
    <div class="toast" role="status">${shell.toast}</div>
    <pli-dialog></pli-dialog>
    <pli-dialog class="above"></pli-dialog>`;
}

/** @param {Shell} shell @param {Store} store */
function accountsView(shell, store) {
  const unreadHere = store.folders.find(({ role }) => role === 'inbox')?.unread ?? 0;
  return switcherView({ accounts: store.accounts, unreadHere, opening: shell.switching, choose: (id) => void shell.switchTo(store, id) });
}

/** @param {Shell} shell @param {Store} store */
function mailPanes(shell, store) {
  return html`
    <section class="pane list-pane" aria-label=${t('List of messages')}>${listPane(shell, store)}</section>
    <section class="pane reader-pane" aria-label=${t('Reading and writing')}>${rightPane(shell, store)}</section>`;
}

/** @param {Shell} shell @param {Store} store */
function placePane(shell, store) {
  return html`<section class="pane place-pane" aria-label=${PLACES[shell.place]?.title() ?? ''}>${PLACES[shell.place]?.view(store)}</section>`;
}

/** Drafts are sealed objects, not messages: their folder counts what this device sees. @param {Shell} shell @param {Store} store */
function counted(shell, store) {
  return store.folders.map((folder) => (folder.role === 'drafts' ? { ...folder, total: shell.drafts.length } : folder));
}

/** @param {Shell} shell @param {Store} store */
function bannersView(shell, store) {
  return html`
    ${actingView(store)}
    ${shell.news?.view() ?? nothing}
    ${store.online ? nothing : noticeView({ tone: 'caution', title: t('No connection to the server.'), body: t('What is open stays readable. What you write is kept and goes on when the connection is back.') })}
    ${shell.takenBy ? noticeView({ tone: 'caution', title: t('{name} has taken over this answer.', { name: shell.takenBy.name }), body: t('What you wrote stays here as a draft. Agree with your colleague before you send it.') }) : nothing}
    ${shell.unopened ? unopenedView(shell, store) : nothing}
    ${shell.error && (store.online || errorCode(shell.error) !== 'offline') ? errorView(shell.error, { dismiss: () => { shell.error = null; } }) : nothing}`;
}

/** @param {Shell} shell @param {Store} store */
function unopenedView(shell, store) {
  const title = tn('A draft that waits on this device cannot be opened now.', '{n} drafts that wait on this device cannot be opened now.', shell.unopened);
  return noticeView({ tone: 'caution', title, body: t('Nothing is lost: what you wrote stays here, sealed, and is tried again each time you open this mailbox.'), actions: html`
    <button type="button" class="button small" data-action="give-up-drafts" @click=${() => void giveUpDrafts(shell, store)}>${t('Give it up…')}</button>
    <button type="button" class="icon-button" @click=${() => { shell.unopened = 0; }} aria-label=${t('Close this message')}>${icon('close')}</button>` });
}

/** @param {Shell} shell @param {Store} store */
function listPane(shell, store) {
  const folder = shell.folder();
  const drafts = folder?.role === 'drafts';
  const shares = store.work && folder?.role !== 'sent' && !drafts;
  const total = drafts ? shell.drafts.length : shell.share ? 0 : folder?.total ?? 0;
  return html`
    <div class="list-head"><h2 class="list-title">${folder ? folderName(folder) : t('Inbox')}</h2><span class="list-count">${total ? formatNumber(total) : ''}</span>
      ${shares ? sharesView(shell.share, (share) => Object.assign(shell, { share, row: null, pane: 'list' })) : nothing}</div>
    ${drafts ? draftList(shell) : html`<pli-list .store=${store} .folder=${folder} .share=${shares ? shell.share : ''} .selectedId=${shell.row?.id ?? ''}></pli-list>`}`;
}

/** @param {Shell} shell */
function draftList(shell) {
  if (!shell.drafts.length) return html`<div class="empty">${icon('drafts')}<p class="empty-title">${t('No drafts')}</p><p>${t('What you write is sealed and kept here until you send it.')}</p></div>`;
  return html`<ul class="draft-list" role="list">${shell.drafts.map((draft) => html`<li><button type="button" class="draft-item" @click=${() => shell.write(draft)}>
    <span class="draft-who">${draft.to.map(({ name, address }) => name || address).join(', ') || t('(nobody yet)')}</span>
    <span class="draft-what">${draft.subject || t('(no subject)')}</span><span class="draft-text">${draft.text.slice(0, 90)}</span></button></li>`)}</ul>`;
}

/** @param {Shell} shell @param {Store} store */
function rightPane(shell, store) {
  if (!shell.draft) return html`<pli-reader .store=${store} .row=${shell.row}></pli-reader>`;
  const said = (/** @type {string} */ words) => (/** @type {CustomEvent} */ event) => shell.written(words, event.detail);
  return repeat([shell.draft], (draft) => draft, (draft) => html`<pli-composer .store=${store} .draft=${draft}
    @pli-sent=${said(t('Message sent, encrypted'))} @pli-close=${said(t('Draft sealed and kept'))} @pli-discarded=${said(t('Draft discarded'))}
    @pli-prepared=${shell.handedOver(t('Handed over to be signed'))} @pli-corrected=${shell.handedOver(t('Correction kept'))}></pli-composer>`);
}

/** @param {Shell} shell @param {Store} store */
function lockedPage(shell, store) {
  return lockedView({ phase: store.phase, reason: shell.lockReason, error: shell.error, seen: shell.seen, giveWay: (card) => shell.attempt(() => store.giveWay(card)), redraw: () => shell.redraw(),
    unlock: () => shell.unlock(store), logout: () => shell.attempt(() => store.logout()) });
}
