/**
 * What a person may send to whoever helps: facts about programs and devices, and nothing that tells who the person is.
 * No card label (a name), no serial number, no pseudonym of a card, no address of a mailbox.
 */

/** @typedef {import('./diagnosis.js').Facts} Facts */

/** A reader's name ends in slot numbers, which stay, and may hold its serial number, which goes. */
const SERIAL = /[0-9a-f]{6,}/gi;

/** @param {string} name of a reader or a module */
export function redacted(name) {
  return name.replace(SERIAL, '#');
}

/**
 * @param {Facts} facts
 * @param {{code: string, link: string}} finding
 * @param {{origin: string, userAgent: string, release: string, now: Date}} page
 * @returns {string} lines of `name: value`, English: support reads it in any country
 */
export function reportText(facts, finding, { origin, userAgent, release, now }) {
  const lines = [
    ['Pli bridge check', now.toISOString()],
    ['page', `${origin} ${release}`],
    ['browser', userAgent],
    ['way', facts.way],
    ['permission', facts.permission],
    ['finding', `${finding.code} (${finding.link})`],
    ['connection', facts.failure ? `${facts.connection} ${facts.failure.code}` : facts.connection],
    ...facts.holders.map(({ port, kind, protocols }) => [`port ${port}`, [kind, ...protocols].join(' ')]),
    ...bridgeLines(facts),
  ];
  return lines.map(([name, value]) => `${name}: ${value}`).join('\n') + '\n';
}

/** @param {Facts} facts @returns {string[][]} */
function bridgeLines({ status, cards, cardFailure, port, roundTrip }) {
  if (!status) return [];
  return [
    ['bridge', `${status.version} ${status.protocol} on port ${port}`],
    ['round trip', roundTrip === null ? 'not measured' : `${roundTrip.toFixed(1)} ms`],
    ...status.modules.map(({ id, state }) => ['module', `${redacted(id)} ${state}`]),
    ...status.readers.map(({ name, pinpad }) => ['reader', `${redacted(name)}${pinpad ? ' (pinpad)' : ''}`]),
    ...(cards ?? []).map(({ state, tries, keys }) => ['card', `${state}, tries ${tries ?? 'unknown'}, keys ${keys.map(({ use, algorithms }) => `${use} ${algorithms.join('/')}`).join(', ')}`]),
    ...(cardFailure ? [['cards', cardFailure.code]] : []),
  ];
}
