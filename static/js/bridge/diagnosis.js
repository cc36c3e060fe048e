/**
 * Where the way from this page to the card ends: from what is known of browser, bridge, reader and card to the first
 * thing that is not right. Pure, so that every state of a desk can be tested without one.
 */
import { CONNECTION_ERRORS, OLDEST_BRIDGE } from './messages.js';
import { speaksOurs } from './ports.js';

/** The links of the chain, in order. */
export const LINKS = Object.freeze(/** @type {const} */ (['browser', 'bridge', 'reader', 'card']));
/** @typedef {typeof LINKS[number]} Link */

/**
 * @typedef {object} Facts
 * @property {import('./way.js').Way} way
 * @property {import('./permission.js').Permission} permission
 * @property {'idle'|'searching'|'asking'|'pairing'|'ready'|'failed'} connection idle: nothing was tried yet
 * @property {Problem | null} failure why the last attempt failed
 * @property {import('./ports.js').PortHolder[]} holders what a search found on the ports
 * @property {string} digits to be compared, while pairing
 * @property {import('./messages.js').BridgeStatus | null} status
 * @property {import('./messages.js').Card[] | null} cards null: not asked yet
 * @property {Problem | null} cardFailure why there are none, or why they could not be listed
 * @property {number | null} port
 * @property {number | null} roundTrip milliseconds
 */

/** @typedef {{code: string, data: Record<string, any>}} Problem */

/**
 * @typedef {object} Finding
 * @property {string} code `well`, `look` (nothing was tried), `searching`, `asking`, `pairing`, or an error's
 * @property {Link} link where the way ends; all before it are good
 * @property {Record<string, any>} data
 * @property {'good'|'wait'|'ask'|'bad'} tone ask: a click of the person goes on
 */

/** @returns {Facts} */
export function nothingKnown() {
  return {
    way: 'direct', permission: 'unknown', connection: 'idle', failure: null, holders: [], digits: '', status: null, cards: null,
    cardFailure: null, port: null, roundTrip: null,
  };
}

/** @param {Facts} facts @returns {Finding} */
export function diagnose(facts) {
  return browserFinding(facts) ?? bridgeFinding(facts) ?? readerFinding(facts) ?? cardFinding(facts) ?? wellFinding(facts);
}

/**
 * @param {Link} link
 * @param {string} code
 * @param {Finding['tone']} tone
 * @param {Record<string, any>} [data]
 * @returns {Finding}
 */
const finding = (link, code, tone, data = {}) => ({ link, code, tone, data });

/** Errors of the browser, not of the bridge. @type {readonly string[]} */
const BROWSERS = Object.freeze([CONNECTION_ERRORS.BLOCKED, CONNECTION_ERRORS.POPUP_BLOCKED, CONNECTION_ERRORS.WINDOW_CLOSED, CONNECTION_ERRORS.NO_STORAGE]);

/** @param {Facts} facts @returns {Finding | null} */
function browserFinding({ way, permission, connection, failure }) {
  if (connection === 'asking') return finding('browser', 'asking', 'wait');
  if (connection === 'failed' && failure && BROWSERS.includes(failure.code)) return finding('browser', failure.code, 'bad');
  if (connection !== 'idle') return null;
  if (way === 'relay') return finding('browser', 'relay-needed', 'ask');
  if (permission === 'denied') return finding('browser', CONNECTION_ERRORS.BLOCKED, 'bad');
  return permission === 'prompt' ? finding('browser', 'permission-needed', 'ask') : finding('bridge', 'look', 'ask');
}

/** @param {Facts} facts @returns {Finding | null} */
function bridgeFinding(facts) {
  const { connection, failure, status } = facts;
  if (connection === 'searching') return finding('bridge', 'searching', 'wait');
  if (connection === 'pairing') return finding('bridge', 'pairing', 'ask', { digits: facts.digits });
  if (connection === 'failed') return failedFinding(failure ?? { code: CONNECTION_ERRORS.ABSENT, data: {} }, facts);
  if (!status) return finding('bridge', 'searching', 'wait');
  return older(status.version, OLDEST_BRIDGE) ? finding('bridge', CONNECTION_ERRORS.OLD, 'bad', { version: status.version, oldest: OLDEST_BRIDGE }) : null;
}

/** No bridge, and somebody on a port of ours: worth saying, since a bridge may find no port left. @param {Problem} failure @param {Facts} facts */
function failedFinding({ code, data }, { holders }) {
  const taken = holders.filter(({ kind }) => kind === 'silent' || kind === 'stranger').map(({ port }) => port);
  if (code === CONNECTION_ERRORS.ABSENT && taken.length) return finding('bridge', 'port-taken', 'bad', { ports: taken });
  if (code === CONNECTION_ERRORS.REFUSED && holders.some((holder) => holder.kind === 'bridge' && speaksOurs(holder))) return finding('bridge', CONNECTION_ERRORS.NOT_PAIRED, 'ask');
  return finding('bridge', code, ASKS.includes(code) ? 'ask' : 'bad', data);
}

/** What pairing puts right. @type {readonly string[]} */
const ASKS = Object.freeze([CONNECTION_ERRORS.NOT_PAIRED, CONNECTION_ERRORS.CHANGED, CONNECTION_ERRORS.PAIRING_REFUSED]);

/** @param {Facts} facts @returns {Finding | null} */
function readerFinding({ status, cards, cardFailure }) {
  if (cardFailure && cardFailure.code in READERS) return finding('reader', cardFailure.code, 'bad', cardFailure.data);
  const modules = status?.modules ?? [];
  const broken = (/** @type {string} */ state) => modules.length > 0 && modules.every((module) => module.state === state);
  if (cards?.length) return null;
  if (broken('missing')) return finding('reader', 'MODULE_MISSING', 'bad', cardFailure?.data);
  if (broken('crashed')) return finding('reader', 'MODULE_CRASHED', 'bad');
  if (cardFailure || !cards || status?.readers.length) return null;
  return finding('reader', 'NO_READER', 'bad', status?.pcsc === 'stopped' || status?.pcsc === 'missing' ? { help: 'pcscd' } : {});
}

const READERS = Object.freeze({ MODULE_MISSING: true, MODULE_CRASHED: true, NO_READER: true });

/** @param {Facts} facts @returns {Finding | null} */
function cardFinding({ status, cards, cardFailure }) {
  if (cardFailure) return finding('card', cardFailure.code, 'bad', cardFailure.data);
  if (!cards) return finding('card', 'searching', 'wait');
  if (!cards.length) return finding('card', 'NO_CARD', 'bad');
  const troubles = cards.map((card) => cardTrouble(card, status));
  if (troubles.includes(null)) return null;
  const { code, data } = /** @type {Problem} */ (troubles.find((trouble) => trouble?.code === 'CARD_IN_USE') ?? troubles[0]);
  return finding('card', code, 'bad', data);
}

/** One card will do; whether another will not. @param {Facts} facts */
function wellFinding({ status, cards }) {
  return finding('card', 'well', 'good', { others: (cards ?? []).filter((card) => cardTrouble(card, status)).length });
}

/**
 * Why a card that is there cannot be used, if so.
 * @param {import('./messages.js').Card} card
 * @param {import('./messages.js').BridgeStatus | null} status
 * @returns {Problem | null}
 */
export function cardTrouble({ state, reader, tries }, status) {
  if (state !== 'ready') return { code: STATES[state] ?? 'CARD_UNSUPPORTED', data: { tries } };
  const held = status?.readers.find(({ name, card }) => name === reader && card === 'in-use');
  return held ? { code: 'CARD_IN_USE', data: { process: held.process } } : null;
}

/** @type {Readonly<Record<string, string>>} */
const STATES = Object.freeze({ 'pin-locked': 'PIN_LOCKED', 'last-try': 'PIN_LAST_TRY', unsupported: 'CARD_UNSUPPORTED' });

/**
 * @param {string} version
 * @param {string} oldest
 */
function older(version, oldest) {
  const parts = (/** @type {string} */ text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [mine, theirs] = [parts(version), parts(oldest)];
  const index = theirs.findIndex((part, position) => part !== (mine[position] ?? 0));
  return index >= 0 && (mine[index] ?? 0) < theirs[index];
}
