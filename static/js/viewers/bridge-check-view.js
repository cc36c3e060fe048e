// The connection check: the chain from browser to card, what is wrong where it ends, and the facts below.
import { cardTrouble, LINKS } from '../bridge/diagnosis.js';
import { formatNumber, t } from '../i18n.js';
import { findingText } from './bridge-check-texts.js';
import { errorText } from './error-texts.js';
import { icon } from './icons.js';
import { html, nothing } from './lit.js';
import { pairingView, stepsView } from './pairing-view.js';
import { linkPicture, permissionPicture } from './pictures.js';

/** @typedef {import('../bridge/diagnosis.js').Facts} Facts */
/** @typedef {import('../bridge/diagnosis.js').Finding} Finding */
/** @typedef {import('../bridge/diagnosis.js').Link} Link */

/**
 * @typedef {object} CheckActions
 * @property {() => void} look
 * @property {() => void} window
 * @property {() => void} pair
 * @property {() => void} again
 * @property {(same: boolean) => void} agree
 * @property {() => void} back
 * @property {() => void} copy
 * @property {() => void} add the card program's own report
 *
 * @typedef {object} CheckPage
 * @property {Facts} facts
 * @property {Finding} finding
 * @property {import('./bridge-check-texts.js').Place} place
 * @property {'no'|'copied'|'asking'|'added'|'refused'|'failed'} copied
 * @property {boolean} agreed the person has said here that the digits are the same
 */

/** @param {CheckPage} page @param {CheckActions} actions */
export const bridgeCheckView = (page, actions) => html`
  <h1 class="visually-hidden">${t('Check the connection')}</h1>
  ${chainView(page.finding)}
  <div class="check-finding" data-finding=${page.finding.code} aria-live="polite">${findingView(page, actions)}</div>
  ${factsView(page.facts)}
  ${footView(page, actions)}`;

/** @type {Readonly<Record<Link, string>>} */
const LINK_ICONS = Object.freeze({ browser: 'globe', bridge: 'bridge', reader: 'reader', card: 'card' });

/** @param {Link} link @returns {string} */
function linkName(link) {
  return { browser: t('Browser'), bridge: t('Card program'), reader: t('Reader'), card: t('Card') }[link];
}

/** @param {Finding} finding */
const chainView = ({ link, tone }) => html`<ol class="chain">${LINKS.map((each) => linkView(each, toneOf(each, link, tone)))}</ol>`;

/** @param {Link} each @param {Link} end @param {Finding['tone']} tone */
function toneOf(each, end, tone) {
  if (LINKS.indexOf(each) < LINKS.indexOf(end)) return 'good';
  return each === end ? tone : 'later';
}

/** @param {Link} link @param {Finding['tone'] | 'later'} tone */
const linkView = (link, tone) => html`
  <li class="link link-${tone}" data-link=${link} data-tone=${tone}>
    <span class="link-icon">${icon(LINK_ICONS[link])}<span class="link-mark">${tone === 'good' ? icon('check') : tone === 'bad' ? icon('close') : nothing}</span></span>
    <span class="link-name">${linkName(link)}</span><span class="visually-hidden">${toneWords(tone)}</span>
  </li>`;

/** @param {Finding['tone'] | 'later'} tone @returns {string} */
function toneWords(tone) {
  return { good: t('in order'), bad: t('not in order'), ask: t('needs you'), wait: t('being looked at'), later: t('not looked at yet') }[tone];
}

/** What the pairing screen shows of each finding. @type {Readonly<Record<string, 'offer'|'changed'|'refused'|'digits'>>} */
const PAIRING = Object.freeze({ 'bridge-not-paired': 'offer', 'bridge-changed': 'changed', 'pairing-refused': 'refused', pairing: 'digits' });

/** @param {CheckPage} page @param {CheckActions} actions */
function findingView({ facts, finding, place, agreed }, actions) {
  const step = PAIRING[finding.code];
  if (step) return pairingView({ step: step === 'digits' && agreed ? 'waiting' : step, digits: facts.digits, origin: place.origin }, actions);
  const { title, lead, steps = [], actions: offered = [], picture } = findingText(finding, place);
  return html`
    <h2 class="entrance-title">${title}</h2>
    ${lead ? html`<p class="entrance-lead">${lead}</p>` : nothing}
    ${picture === 'permission' ? permissionPicture() : picture === 'link' ? linkPicture() : nothing}
    ${stepsView(steps)}
    ${finding.code === 'well' ? wellView() : nothing}
    ${offered.length ? html`<div class="button-row">${offered.map((action, index) => actionButton(action, finding, actions, index === 0))}</div>` : nothing}`;
}

const wellView = () => html`<div class="button-row"><a class="button primary" href="/">${t('Log in')}</a></div>`;

/** @param {import('./bridge-check-texts.js').Action} action @param {Finding} finding @param {CheckActions} actions @param {boolean} first */
const actionButton = (action, { code }, actions, first) => html`
  <button type="button" class=${first ? 'button primary' : 'button'} data-action=${action} @click=${actions[action]}>${actionText(action, code)}</button>`;

/** @param {import('./bridge-check-texts.js').Action} action @param {string} code @returns {string} */
function actionText(action, code) {
  switch (action) {
    case 'look': return code === 'bridge-blocked' ? t('Check again') : t('Continue');
    case 'window': return t('Open the link window');
    case 'pair': return t('Pair');
    default: return t('Check again');
  }
}

/** @param {Facts} facts */
function factsView(facts) {
  const rows = factRows(facts);
  return rows.length ? html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>` : nothing;
}

/** @param {Facts} facts @returns {[string, unknown][]} */
function factRows({ status, cards, port, roundTrip, way, holders }) {
  if (!status) return [];
  const others = holders.filter((holder) => holder.kind !== 'closed' && holder.port !== port).map((holder) => holder.port);
  /** @type {[string, unknown][]} */
  const rows = [[t('Card program'), t('version {version}, port {port}', { version: status.version, port: String(port) })]];
  if (way === 'relay') rows.push([t('Way'), t('link window')]);
  if (roundTrip !== null) rows.push([t('Answers in'), t('{n} ms', { n: formatNumber(Math.round(roundTrip * 10) / 10) })]);
  rows.push([t('Drivers'), status.modules.map(({ id, state }) => `${id} (${moduleState(state)})`).join(', ') || t('none')]);
  rows.push([t('Readers'), status.readers.map(({ name, pinpad }) => (pinpad ? t('{name}, with a keypad', { name }) : name)).join(', ') || t('none')]);
  if (cards) rows.push([t('Cards'), cards.length ? cards.map((card) => html`<span class="fact-card">${card.label}${triesView(card)}${troubleView(cardTrouble(card, status))}</span>`) : t('no card')]);
  if (others.length) rows.push([t('Other ports in use'), others.join(', ')]);
  return rows;
}

/** @param {import('../bridge/messages.js').Card} card */
const triesView = ({ tries }) => (tries === null ? nothing : html` <span class="fact-aside">${t('PIN tries left: {n}', { n: formatNumber(tries) })}</span>`);

/** @param {import('../bridge/diagnosis.js').Problem | null} trouble */
const troubleView = (trouble) => (trouble ? html`<span class="fact-trouble">${errorText(trouble).title}</span>` : nothing);

/** @param {string} state */
function moduleState(state) {
  switch (state) {
    case 'ready': return t('ready');
    case 'missing': return t('not installed');
    case 'crashed': return t('stopped');
    default: return t('starting');
  }
}

/** @param {CheckPage} page @param {CheckActions} actions */
const footView = ({ copied, facts }, { copy, add }) => html`
  <div class="check-foot">
    <button type="button" class="button small" data-action="copy" @click=${copy}>${icon('copy')}${copied === 'added' ? t('Copy the whole report') : t('Copy a report')}</button>
    ${facts.status && ['copied', 'refused'].includes(copied) ? html`<button type="button" class="button small" data-action="add" @click=${add}>${t('Add the card program’s own')}</button>` : nothing}
    <a class="button small quiet" href="/">${t('To the login')}</a>
    <p class="check-said" role="status">${copiedText(copied)}</p>
  </div>`;

/** @param {CheckPage['copied']} copied @returns {string} */
function copiedText(copied) {
  switch (copied) {
    case 'copied': return t('Copied: paste it into a message to whoever helps you.');
    case 'asking': return t('The card program asks whether it may add its own report.');
    case 'added': return t('Its report is there. Copy again to have both.');
    case 'refused': return t('It was not added.');
    case 'failed': return t('The browser did not allow copying.');
    default: return t('Without your name, your card’s number or your messages.');
  }
}
