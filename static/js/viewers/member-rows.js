// The members of a mailbox as people: one line each, whatever cards, passkeys and epochs their rights went through. Pure.

/** @typedef {import('../mail/membership-acts.js').MemberRow} MemberRow */
/** @typedef {'active'|'pending'|'later'|'over'|'ended'} PersonState later: not begun; over: the date has passed and the key is still to be changed */
/**
 * @typedef {object} MemberPerson
 * @property {string} key
 * @property {string} name
 * @property {string} idType
 * @property {string} idValue
 * @property {import('../keys/agent.js').Role} role the highest of what stands
 * @property {PersonState} state
 * @property {boolean} own
 * @property {string} since RFC 3339
 * @property {MemberRow['by']} by who gave it
 * @property {string | null} notAfter
 * @property {string} notBefore
 * @property {boolean} wholeHistory
 * @property {MemberRow['profile']} profile
 * @property {readonly string[]} folders [] for all
 * @property {string | null} lastSeenAt
 * @property {readonly MemberRow['kind'][]} kinds what opens the mailbox for this person
 * @property {readonly MemberRow[]} rows what stands or waits; of an ended person the last
 */

const ROLES = Object.freeze(['reader', 'sender', 'manager', 'owner']);
const STATES = Object.freeze(['active', 'pending', 'later', 'over', 'ended']);

/**
 * @param {readonly MemberRow[]} rows in the order of the log
 * @param {Date} now
 * @returns {{present: MemberPerson[], former: MemberPerson[], shared: MemberRow[]}} shared: secrets of officers, which are nobody's
 */
export function peopleOf(rows, now) {
  /** @type {Map<string, MemberRow[]>} */
  const people = new Map();
  for (const row of rows.filter(({ kind }) => kind !== 'officer')) people.set(personKey(row), [...people.get(personKey(row)) ?? [], row]);
  const all = [...people.values()].map((own) => describe(own, now));
  return {
    present: all.filter(({ state }) => state !== 'ended').sort(byRank),
    former: all.filter(({ state }) => state === 'ended').sort((one, other) => other.since.localeCompare(one.since)),
    shared: rows.filter(({ kind, state }) => kind === 'officer' && state !== 'ended'),
  };
}

/** A person by the number the card proves; without one each unlocker is somebody of its own. @param {MemberRow} row */
const personKey = ({ idType, idValue, name, reference }) => (idValue ? `${idType} ${idValue}` : `${name} ${reference}`);

/** @param {MemberPerson} one @param {MemberPerson} other */
const byRank = (one, other) => ROLES.indexOf(other.role) - ROLES.indexOf(one.role) || one.name.localeCompare(other.name);

/** @param {MemberRow[]} rows of one person @param {Date} now @returns {MemberPerson} */
function describe(rows, now) {
  const living = rows.filter(({ state }) => state !== 'ended');
  const stands = living.length ? living : rows.slice(-1);
  const main = /** @type {MemberRow} */ ([...stands].sort((one, other) => rank(one, now) - rank(other, now))[0]);
  const first = rows.find((row) => row.role === main.role && row.notBefore === main.notBefore) ?? main;
  return {
    key: personKey(main), name: main.name, idType: main.idType, idValue: main.idValue, role: main.role, state: stateOf(main, now),
    own: stands.some(({ own }) => own), since: first.since, by: first.by, notBefore: main.notBefore, notAfter: main.notAfter,
    wholeHistory: main.historyFromEpoch === 1, profile: main.profile, folders: main.folders ?? [], lastSeenAt: lastSeen(stands),
    kinds: [...new Set(stands.map(({ kind }) => kind))], rows: stands,
  };
}

/** What gives the most now stands for a person. @param {MemberRow} row @param {Date} now */
const rank = (row, now) => 10 * STATES.indexOf(stateOf(row, now)) - ROLES.indexOf(row.role);

/** @param {MemberRow} row @param {Date} now @returns {PersonState} */
function stateOf({ state, notBefore, notAfter }, now) {
  if (state !== 'active') return state;
  if (notAfter && Date.parse(notAfter) <= now.getTime()) return 'over';
  return Date.parse(notBefore) > now.getTime() ? 'later' : 'active';
}

/** @param {readonly MemberRow[]} rows */
const lastSeen = (rows) => rows.map(({ lastSeenAt }) => lastSeenAt ?? '').sort().at(-1) || null;

/**
 * Who could agree that somebody becomes a manager or owner; nobody: it needs no agreement.
 * @param {Pick<MemberPerson, 'key'>} proposed @param {Pick<MemberRow['by'], 'name' | 'idValue'>} proposer @param {readonly MemberPerson[]} present
 */
export const confirmersOf = (proposed, proposer, present) => present.filter(({ key, name, idValue, role, state }) => state === 'active'
  && ['manager', 'owner'].includes(role) && key !== proposed.key && (idValue ? idValue !== proposer.idValue : name !== proposer.name));

/** What the person who is here may do about another one. @typedef {{change: boolean, end: boolean, confirm: boolean, leave: boolean}} Possible */

/**
 * The rules of the log, as far as a page can foresee them (docs/FORMATS.md); bridge and server decide.
 * @param {MemberPerson} person @param {import('../pages/store-types.js').Session} session @param {readonly MemberPerson[]} present
 * @returns {Possible}
 */
export function possibleActs(person, session, present) {
  const { person: me } = session;
  const proposed = person.by.name === me.name && (!me.rppsNumber || person.by.idValue === me.rppsNumber);
  const manages = session.level === 'full' && ['manager', 'owner'].includes(session.role);
  const reaches = manages && (session.role === 'owner' || person.role !== 'owner');
  const alone = reaches && !confirmersOf(person, person.by, present).length;
  const owners = present.filter(({ role, state }) => role === 'owner' && state === 'active');
  const last = person.role === 'owner' && owners.length === 1;
  return {
    change: reaches && !person.own && person.state !== 'pending' && person.kinds.includes('card'),
    end: reaches && !person.own,
    confirm: manages && person.state === 'pending' && !person.own && (!proposed || alone),
    leave: person.own && !last && session.level === 'full',
  };
}
