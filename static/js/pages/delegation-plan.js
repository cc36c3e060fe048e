// What somebody is about to give a colleague: kind, person or roster, reach and dates; what is still missing; the order that follows. Pure.
import { localOf, momentOf } from '../time-zone.js';

/** @typedef {import('../mail/membership-acts.js').DelegationOrder} DelegationOrder */
/** @typedef {import('../mail/membership-acts.js').PersonName} PersonName */
/** @typedef {import('../mail/membership-acts.js').MemberRow} MemberRow */
/** @typedef {import('../mail/rosters.js').RosterReading} RosterReading */
/** @typedef {import('../keys/agent.js').Role} Role */
/** @typedef {'replacement'|'duty'|'secretary'|'member'} PlanKind */
/** @typedef {'all'|'now'|'folders'} Reach folders: with their history, by a rule of the server */
/** @typedef {'person'|'name'|'rpps'|'start'|'end'|'order'|'past'|'folders'|'roster'|'limit'|'roster-limit'} Missing */

/**
 * @typedef {object} Plan
 * @property {PlanKind} kind
 * @property {PersonName | null} person
 * @property {boolean} known the person's card has been here
 * @property {RosterReading | null} roster
 * @property {Role} role
 * @property {Reach} reach
 * @property {string[]} folders ids
 * @property {string} from time of the mailbox's zone, as its field has it
 * @property {string} until '' for no end
 */

const DAY = 86_400_000;
/** @type {readonly Role[]} */
const DUTY_ROLES = Object.freeze(['reader', 'sender']);
/** Of a replacement, until somebody says otherwise. */
const USUAL_DAYS = 14;

/** @param {string} mailboxKind of the mailbox that is open @returns {PlanKind[]} */
export const kindsFor = (mailboxKind) => (mailboxKind === 'PER' ? ['replacement', 'duty', 'secretary'] : ['member', 'duty']);

/** A secretary prepares and never signs as the practitioner. @param {PlanKind} kind @returns {Role[]} */
export function rolesFor(kind) {
  switch (kind) {
    case 'secretary': return ['reader'];
    case 'member': return ['reader', 'sender', 'manager'];
    default: return ['reader', 'sender'];
  }
}

/** @param {number} limit */
const usualDays = (limit) => (limit ? Math.min(USUAL_DAYS, limit) : USUAL_DAYS);

/** @param {PlanKind} kind @param {Date} now @param {number} [limit] days, by a rule of the establishment; 0: none @returns {Plan} */
export function newPlan(kind, now, limit = 0) {
  const ends = kind === 'replacement' || (kind === 'secretary' && limit) ? localOf(new Date(now.getTime() + usualDays(limit) * DAY)) : '';
  return { kind, person: null, known: false, roster: null, role: kind === 'secretary' ? 'reader' : 'sender', reach: 'all', folders: [], from: localOf(now), until: ends };
}

/** @param {Plan} plan @param {Date} now @param {number} [limit] as above @returns {Missing[]} in the order of the page */
export function missing(plan, now, limit = 0) {
  const whom = plan.kind === 'duty' ? (plan.roster?.slots.length ? [] : [/** @type {const} */ ('roster')]) : personMissing(plan.person);
  return [...whom, ...(plan.reach === 'folders' && !plan.folders.length ? [/** @type {const} */ ('folders')] : []), ...datesMissing(plan, now), ...beyond(plan, now, limit)];
}

/** @param {PersonName | null} person @returns {Missing[]} */
function personMissing(person) {
  if (!person) return ['person'];
  return [...(isRpps(person.idValue) ? [] : [/** @type {const} */ ('rpps')]), ...(person.name.trim() ? [] : [/** @type {const} */ ('name')])];
}

/** A roster brings its own. @param {Plan} plan @param {Date} now @returns {Missing[]} */
function datesMissing({ kind, from, until }, now) {
  if (kind === 'duty') return [];
  if (!from) return ['start'];
  if (!until) return kind === 'replacement' ? ['end'] : [];
  if (until <= from) return ['order'];
  return Date.parse(momentOf(until)) <= now.getTime() ? ['past'] : [];
}

/** A delegation without an end is too long too. @param {Plan} plan @param {Date} now @param {number} limit @returns {Missing[]} */
function beyond(plan, now, limit) {
  const [from, until] = plan.kind === 'duty' || plan.from ? datesOf(plan) : ['', null];
  if (!limit || !from) return [];
  const begins = Math.max(Date.parse(from), now.getTime());
  const fits = until !== null && Date.parse(until) - begins <= limit * DAY;
  return fits ? [] : [plan.kind === 'duty' ? 'roster-limit' : 'limit'];
}

/** @param {string} text eleven digits whose last is Luhn's check digit @returns {boolean} */
export function isRpps(text) {
  if (!/^\d{11}$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, index) => total + (index % 2 ? doubled(Number(digit)) : Number(digit)), 0);
  return sum % 10 === 0;
}

/** @param {number} digit */
const doubled = (digit) => (digit > 4 ? digit * 2 - 9 : digit * 2);

/**
 * What the acts want, for one person; people on a roster have one right each, for the whole period: the slots say when.
 * @param {Plan} plan @param {PersonName} person @param {Date} now
 * @returns {DelegationOrder}
 */
export function orderOf(plan, person, now) {
  const [from, until] = datesOf(plan);
  // A card's clock and the server's may differ by seconds: what begins now has begun.
  const notBefore = from <= now.toISOString() ? now.toISOString().replace(/\.\d+Z$/, 'Z') : from;
  return {
    person, role: plan.role, profile: plan.kind, notBefore, notAfter: until,
    folders: plan.reach === 'folders' ? [...plan.folders] : [], history: plan.reach === 'now' ? 'now' : 'all',
  };
}

/**
 * One right each for people of a roster whose cards are known. Who is on duty by an earlier roster gets a right for both in its place;
 * who has the mailbox anyway keeps what he has. That a right is for duty is the server's word, so none that the log shows to decide about
 * others is ended by it.
 * @param {Plan} plan @param {readonly PersonName[]} people @param {readonly MemberRow[]} members @param {Date} now
 * @returns {{orders: DelegationOrder[], ends: string[]}} ends: hashes of the rights that are replaced
 */
export function dutyOrders(plan, people, members, now) {
  const standing = members.filter(({ state, kind }) => state !== 'ended' && kind === 'card');
  const rightsOf = (/** @type {PersonName} */ { idValue }) => standing.filter((each) => each.idValue === idValue);
  const wanted = people.filter((person) => rightsOf(person).every(({ profile, role }) => profile === 'duty' && DUTY_ROLES.includes(role)));
  const orders = wanted.map((person) => forBoth(orderOf(plan, person, now), rightsOf(person), now));
  return { orders, ends: wanted.flatMap((person) => rightsOf(person).map(({ bodyHash }) => bodyHash)) };
}

/** @param {DelegationOrder} order @param {readonly MemberRow[]} earlier duty @param {Date} now @returns {DelegationOrder} */
function forBoth(order, earlier, now) {
  const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const living = earlier.filter(({ notAfter }) => !notAfter || notAfter > at);
  const begins = [order.notBefore, ...living.map(({ notBefore }) => notBefore)].sort()[0] ?? order.notBefore;
  const ends = [order.notAfter, ...living.map(({ notAfter }) => notAfter)];
  // From now on, where it has begun: how long a delegation may be is counted anew.
  return { ...order, ...reachOfBoth(order, living), notBefore: begins < at ? at : begins, notAfter: ends.includes(null) ? null : ends.sort().at(-1) ?? null };
}

/** @param {DelegationOrder} order @param {readonly MemberRow[]} living @returns {Pick<DelegationOrder, 'role' | 'folders' | 'history'>} */
function reachOfBoth(order, living) {
  const reaches = [order.folders, ...living.map(({ folders = [] }) => folders)];
  return {
    role: DUTY_ROLES.findLast((role) => [order, ...living].some((each) => each.role === role)) ?? order.role,
    folders: reaches.some((folders) => folders.length === 0) ? [] : [...new Set(reaches.flat())],
    history: living.some(({ historyFromEpoch }) => historyFromEpoch === 1) ? 'all' : order.history,
  };
}

/** @param {Plan} plan @returns {[from: string, until: string | null]} RFC 3339 */
export function datesOf({ kind, roster, from, until }) {
  if (kind === 'duty') return [roster?.starts ?? '', roster?.ends ?? null];
  return [momentOf(from), until ? momentOf(until) : null];
}
