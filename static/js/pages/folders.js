// The folders of the mailbox, with what is unread in them.
import { formatNumber, t, tn } from '../i18n.js';
import { icon } from '../viewers/icons.js';
import { html, nothing } from '../viewers/lit.js';
import { openAccount } from './letter-mode.js';
import { PLACES } from './places.js';

/** @typedef {import('./store-types.js').Folder} Folder */
const ORDER = Object.freeze(['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash', '']);

/** @param {Folder} folder @returns {string} */
export function folderName({ role, name }) {
  switch (role) {
    case 'inbox': return t('Inbox');
    case 'drafts': return t('Drafts');
    case 'sent': return t('Sent');
    case 'archive': return t('Archives');
    case 'junk': return t('Junk');
    case 'trash': return t('Deleted');
    default: return name;
  }
}

/** @param {readonly Folder[]} folders @returns {Folder[]} */
export const sortedFolders = (folders) =>
  [...folders].sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.name.localeCompare(b.name));

/** @param {{accounts: unknown, folders: readonly Folder[], current: string, choose: (id: string) => void, compose: () => void, places: unknown, tools: unknown}} pane */
export const foldersView = ({ accounts, folders, current, choose, compose, places, tools }) => html`
  ${accounts}
  <button type="button" class="button primary compose-button" data-action="compose" aria-label=${t('Write')} @click=${compose}>${icon('compose')}<span>${t('Write')}</span></button>
  <ul role="list">${sortedFolders(folders).filter(({ closed }) => !closed).map((folder) => html`<li>${folderView(folder, current, choose)}</li>`)}</ul>
  ${places}
  <p class="folders-foot"><span class="promise">${icon('lock')}<span>${t('Everything here was opened on this device. The server keeps it sealed.')}</span></span></p>
  <div class="only-narrow">${tools}</div>`;

/** @param {Folder} folder @param {string} current @param {(id: string) => void} choose */
function folderView(folder, current, choose) {
  const count = folder.role === 'drafts' ? folder.total : folder.unread;
  const name = folderName(folder);
  return html`<button type="button" class="folder" data-role=${folder.role} aria-current=${folder.id === current ? 'true' : 'false'}
    aria-label=${count ? `${name}, ${countText(folder, count)}` : name} title=${name} @click=${() => choose(folder.id)}>
    ${icon(folder.role || 'folder')}<span class="folder-name">${name}</span>
    ${count ? html`<span class="folder-count">${formatNumber(count)}</span>` : nothing}</button>`;
}

/** @param {Folder} folder @param {number} count */
const countText = (folder, count) => (folder.role === 'drafts'
  ? tn('{n} draft', '{n} drafts', count) : tn('{n} unread', '{n} unread', count));

/** The rooms beside the mail. @param {{store: import('./store-types.js').StoreFace, current: string}} pane */
export function placesView({ store, current }) {
  const { session } = store;
  const account = openAccount(store);
  const shown = session ? Object.entries(PLACES).filter(([, place]) => place.shown(session, account)) : [];
  if (!shown.length) return nothing;
  return html`<ul role="list" class="places">${shown.map(([name, place]) => html`<li>${placeView(name, place, place.waiting?.(store) ?? 0, name === current)}</li>`)}</ul>`;
}

/** @param {string} name @param {import('./places.js').Place} place @param {number} waiting @param {boolean} current */
const placeView = (name, { icon: image, title, waitingText }, waiting, current) => html`<button type="button" class="folder" data-place=${name}
  aria-current=${current ? 'true' : 'false'} title=${title()} aria-label=${waiting ? `${title()}, ${waitingText?.(waiting) ?? ''}` : title()} @click=${(/** @type {Event} */ event) => openPlace(event, name)}>
  ${icon(image)}<span class="folder-name">${title()}</span>
  ${waiting ? html`<span class="folder-count">${formatNumber(waiting)}</span>` : nothing}</button>`;

/** @param {Event} event @param {string} place */
const openPlace = (event, place) => event.currentTarget?.dispatchEvent(new CustomEvent('pli-place', { detail: { place }, bubbles: true }));
