// Rooms of the shell beside the mail. Each brings its code and its French when somebody goes there for the first time.
import { addFrench, t, tn } from '../i18n.js';
import { html } from '../viewers/lit.js';
import { accessFrench } from './access-french.js';
import { workFrench } from './work-desk.js';
import { hasBook } from './letter-mode.js';

/** @typedef {import('./store-types.js').Session} Session */
/** @typedef {import('./store-types.js').StoreFace} Store */
/**
 * @typedef {object} Place
 * @property {string} icon
 * @property {() => string} title as its button says
 * @property {() => Promise<unknown>} load
 * @property {(store: Store) => unknown} view once loaded
 * @property {(session: Session, account: import('./store-types.js').Account | undefined) => boolean} shown to whoever has this mailbox open
 * @property {(store: Store) => number} [waiting] how much there is to do, beside its button
 * @property {(n: number) => string} [waitingText] the same in words
 */

/** @type {Readonly<Record<string, Place>>} in the order of their buttons */
export const PLACES = Object.freeze({
  access: {
    icon: 'key', title: () => t('My access'), shown: () => true,
    load: () => Promise.all([import('./access.js'), accessFrench(), addFrench(() => import('../locale/fr-members.js'))]),
    view: (store) => html`<pli-access .store=${store}></pli-access>`,
  },
  emergency: {
    icon: 'warning', title: () => t('Emergency access'), shown: () => false,
    load: () => Promise.all([import('./emergency.js'), accessFrench()]),
    view: (store) => html`<pli-emergency .store=${store}></pli-emergency>`,
  },
  letters: {
    icon: 'card', title: () => t('To sign'), shown: hasBook,
    waiting: ({ book }) => book?.waiting ?? 0, waitingText: (n) => tn('{n} letter waits for you', '{n} letters wait for you', n),
    load: () => Promise.all([import('./letters.js'), addFrench(() => import('../locale/fr-letters.js'))]),
    view: (store) => html`<pli-letters .store=${store}></pli-letters>`,
  },
  members: {
    icon: 'people', title: () => t('People'), shown: () => true,
    load: () => Promise.all([import('./members.js'), addFrench(() => import('../locale/fr-members.js')), addFrench(() => import('../locale/fr-network.js')), workFrench()]),
    view: (store) => html`<pli-members .store=${store}></pli-members>`,
  },
  trace: {
    icon: 'eye', title: () => t('Who has read'), shown: ({ role, level }) => role === 'owner' && level === 'full',
    load: () => Promise.all([import('./trace.js'), addFrench(() => import('../locale/fr-trace.js'))]),
    view: (store) => html`<div class="place"><pli-trace .store=${store}></pli-trace></div>`,
  },
  network: {
    icon: 'globe', title: () => t('Network'), shown: ({ administers, awaitedInboxes, level }) => level === 'full' && (administers || awaitedInboxes.length > 0),
    load: () => Promise.all([import('./network.js'), addFrench(() => import('../locale/fr-network.js'))]),
    view: (store) => html`<pli-network .store=${store}></pli-network>`,
  },
  leaving: {
    icon: 'logout', title: () => t('Export'), shown: ({ role, level }) => role === 'owner' && level === 'full',
    load: () => Promise.all([import('./leaving.js'), addFrench(() => import('../locale/fr-trace.js'))]),
    view: (store) => html`<div class="place"><pli-leaving .store=${store} .wanted=${store.exportWanted}></pli-leaving></div>`,
  },
});

/** @type {Map<string, Promise<unknown>>} */
const loading = new Map();

/** @param {string} name @returns {Promise<unknown>} done once the place can be shown; a failure may be tried again */
export function loadPlace(name) {
  const begun = loading.get(name) ?? PLACES[name]?.load() ?? Promise.resolve();
  loading.set(name, begun);
  return begun.catch((error) => {
    loading.delete(name);
    throw error;
  });
}
