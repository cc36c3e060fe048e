/**
 * Which epochs one grant opens (docs/FORMATS.md, *History*). The history of an epoch is sealed under its storage key and holds
 * what every member of it may see; what one member may see beyond that travels in his own grant. So whoever joined later, or
 * from a date on, is kept from older mail by what he was given, not by a rule. Twin: bridge/cms/history.py.
 * @module
 */
import { hkdf, hkdfKey, sha256 } from '../cms/digest.js';
import { equal, toHex } from '../cms/octets.js';
import { GrantRefused } from './errors.js';
import { decodeHistory, decodeMailboxKeys, encodeHistory, encodeMailboxKeys } from './formats.js';
import { subjectPublicKeyInfo } from './key-pairs.js';
import { importObjectKey, objectKeyInfo, openOctets, sealOctets } from './objects.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./formats.js').EpochKeys} EpochKeys */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./formats.js').Binding} Binding */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {Map<number, MailboxKeys>} Keyring by epoch, each without `earlier` */
/** @typedef {{mailboxId: string, epoch: number}} Place mailboxId: lower-case hex */

/** No history object is ever changed: a new epoch has its own. */
const VERSION = 1;

/**
 * @param {Uint8Array} storageKey @param {Place} place @param {Keyring} shared
 * @returns {Promise<Bytes | null>} null where nothing older is open to all
 */
export async function sealHistory(storageKey, place, shared) {
  if (shared.size === 0) return null;
  const content = encodeHistory(epochsOf(shared));
  return sealOctets(await historyKey(storageKey, place.epoch), contextOf(place), content).finally(() => content.fill(0));
}

/**
 * @param {Uint8Array} storageKey @param {Place} place @param {Bytes} sealed
 * @returns {Promise<Keyring>}
 * @throws {GrantRefused} history, key-invalid
 */
export async function openHistory(storageKey, place, sealed) {
  const content = await openOctets(await historyKey(storageKey, place.epoch), contextOf(place), sealed).catch(() => {
    throw new GrantRefused('history');
  });
  return ringOf(readEpochs(content));
}

/** @param {Uint8Array} storageKey @param {number} epoch */
async function historyKey(storageKey, epoch) {
  const raw = await hkdf(await hkdfKey(storageKey), { info: objectKeyInfo('history', String(epoch)) });
  return importObjectKey('history', raw).finally(() => raw.fill(0));
}

/** @param {Place} place */
const contextOf = ({ mailboxId, epoch }) => ({ class: /** @type {const} */ ('history'), id: String(epoch), version: VERSION, mailboxId, epoch });

/** @param {Bytes} content */
function readEpochs(content) {
  try {
    return decodeHistory(content);
  } catch {
    throw new GrantRefused('key-invalid');
  }
}

/** Descending epochs, each once, none with epochs of its own: nothing is nested, so nothing is deep. @param {EpochKeys[]} epochs @returns {Keyring} */
export function ringOf(epochs) {
  const ring = new Map(epochs.map(({ epoch, keys }) => [epoch, readKeys(keys)]));
  const ordered = epochs.every(({ epoch }, index) => index === 0 || epoch < epochs[index - 1].epoch);
  if (epochs.length === 0 || !ordered || [...ring.values()].some(({ earlier }) => earlier)) throw new GrantRefused('key-invalid');
  return ring;
}

/** @param {Uint8Array} der @returns {MailboxKeys} @throws {GrantRefused} key-invalid */
export function readKeys(der) {
  try {
    return decodeMailboxKeys(der);
  } catch {
    throw new GrantRefused('key-invalid');
  }
}

/** The newest first. @param {Keyring} ring @returns {EpochKeys[]} */
export const epochsOf = (ring) => [...ring].sort(([one], [other]) => other - one).map(([epoch, keys]) => epochKeys(epoch, keys));

/** @param {number} epoch @param {MailboxKeys} keys @returns {EpochKeys} */
export const epochKeys = (epoch, keys) => ({ epoch, keys: encodeMailboxKeys({ ...keys, earlier: null }) });

/** The first epoch that every one of these members may open. @param {{historyFromEpoch: number}[]} bodies */
export const historyFloor = (bodies) => Math.max(...bodies.map(({ historyFromEpoch }) => historyFromEpoch));

/** What the history object of `epoch` holds. @param {Keyring} ring @param {number} epoch @param {number} floor @returns {Keyring} */
export function sharedHistory(ring, epoch, floor) {
  const shared = [...ring].filter(([each]) => each >= floor && each < epoch);
  return new Map(shared.map(([each, keys]) => [each, { ...keys, confidentialKey: null }]));
}

/**
 * What the grant of one member of `epoch` seals, where the shared history begins at `floor`.
 * @param {Keyring} ring @param {Pick<GrantBody, 'epoch' | 'role' | 'historyFromEpoch'>} body @param {number} floor
 * @returns {MailboxKeys}
 * @throws {GrantRefused} history-missing: this ring lacks an epoch he has a right to
 */
export function keysFor(ring, { epoch, role, historyFromEpoch }, floor) {
  const right = Array.from({ length: epoch - historyFromEpoch }, (_, index) => historyFromEpoch + index);
  const own = new Map(right.map((each) => [each, forRole(required(ring, each), role)]));
  const beyond = new Map([...own].filter(([each, keys]) => each < floor || keys.confidentialKey));
  return { ...forRole(required(ring, epoch), role), earlier: beyond.size ? epochsOf(beyond) : null };
}

/** @param {Keyring} ring @param {number} epoch */
function required(ring, epoch) {
  const keys = ring.get(epoch);
  if (!keys) throw new GrantRefused('history-missing');
  return keys;
}

/** @param {MailboxKeys} keys @param {GrantBody['role']} role @returns {MailboxKeys} */
const forRole = (keys, role) => (role === 'owner' ? { ...keys } : { ...keys, confidentialKey: null });

/**
 * The older epochs that an opened grant opens: those of the history and those it carries, from its holder's right on.
 * @param {Pick<GrantBody, 'mailboxId' | 'epoch' | 'historyFromEpoch'>} body
 * @param {MailboxKeys} keys of the grant
 * @param {Bytes | undefined} history sealed
 * @param {Pick<Binding, 'epoch' | 'encryptionSpki' | 'signatureSpki'>[]} bindings that the log lists
 * @returns {Promise<Keyring>}
 * @throws {GrantRefused} history, key-invalid, spki-mismatch: keys that no binding names
 */
export async function olderEpochs({ mailboxId, epoch, historyFromEpoch }, keys, history, bindings) {
  const shared = history ? await openHistory(keys.storageKey, { mailboxId: toHex(mailboxId), epoch }, history) : new Map();
  const carried = keys.earlier ? ringOf(keys.earlier) : new Map();
  const entitled = [...shared, ...carried].filter(([each]) => each >= historyFromEpoch && each < epoch);
  for (const [each, older] of entitled) await checkBound(older, bindings.find((binding) => binding.epoch === each));
  return new Map(entitled);
}

/** @param {MailboxKeys} keys @param {Pick<Binding, 'encryptionSpki' | 'signatureSpki'>} [binding] */
async function checkBound({ encryptionKey, signatureKey }, binding) {
  for (const [key, expected] of [[encryptionKey, binding?.encryptionSpki], [signatureKey, binding?.signatureSpki]]) {
    const spki = key && (await subjectPublicKeyInfo(key).catch(() => null));
    if (!spki || !expected || !equal(await sha256(spki), expected)) throw new GrantRefused('spki-mismatch');
  }
}
