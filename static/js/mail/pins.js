/**
 * Who an address was the last time (docs/FORMATS.md, *pins*; DESIGN §4.8). The first contact is shown, a changed
 * identity blocks until a person accepts it. Pure.
 */

/** @typedef {import('../keys/agent.js').Identity} Identity */

/**
 * @typedef {object} Pin
 * @property {string} idType
 * @property {string} idValue
 * @property {string} name
 * @property {'card'|'software'|'passkey'} level
 * @property {string} encryptionSpki base64
 * @property {string} signatureSpki base64, '' where never seen
 * @property {string} since RFC 3339
 */

/** @typedef {{v: 1, pins: Record<string, Pin>}} Pins */
/** @typedef {'first'|'same'|'renewed'|'changed'} PinOutcome `renewed`: new keys, bound to the same identity */

const STRENGTH = Object.freeze({ card: 2, software: 1, passkey: 0 });

/** @returns {Pins} */
export function noPins() {
  return { v: 1, pins: {} };
}

/**
 * @param {Identity | undefined} identity as the agent validated it
 * @param {{encryptionSpki: string, signatureSpki?: string, since: string}} keys
 * @returns {Pin}
 */
export function pinOf(identity, { encryptionSpki, signatureSpki = '', since }) {
  const { idType = '', idValue = '', name = '', level = 'software' } = identity ?? {};
  return { idType, idValue, name, level, encryptionSpki, signatureSpki, since };
}

/**
 * @param {Pin | undefined} pin what is remembered
 * @param {Pin} seen what is offered now
 * @returns {PinOutcome}
 */
export function comparePin(pin, seen) {
  if (!pin) return 'first';
  if (!samePerson(pin, seen) || STRENGTH[seen.level] < STRENGTH[pin.level]) return 'changed';
  if (pin.encryptionSpki === seen.encryptionSpki) return 'same';
  // Keys may change under a proven number (a new epoch); without one, nothing but the keys was ever known.
  return seen.idValue ? 'renewed' : 'changed';
}

/**
 * A number identifies; without one the name must stay. (People marry: with a number the name may change.)
 * @param {Pin} pin
 * @param {Pin} seen
 */
function samePerson(pin, seen) {
  if (pin.idValue || seen.idValue) return pin.idType === seen.idType && pin.idValue === seen.idValue;
  return pin.name === seen.name;
}

/**
 * Two writers' pins: what was accepted later stays.
 * @param {Pins} read
 * @param {Pins} own
 * @returns {Pins}
 */
export function mergePins(read, own) {
  const pins = { ...read.pins };
  for (const [address, pin] of Object.entries(own.pins)) {
    const other = pins[address];
    if (!other || other.since <= pin.since) pins[address] = pin;
  }
  return { v: 1, pins };
}

/**
 * Addresses are compared without case, as every mail system at hand does (RFC 5321 §2.4 leaves the local part open).
 * @param {string} address
 */
export function pinName(address) {
  return address.trim().toLowerCase();
}
