/**
 * Which epochs one grant opens (docs/FORMATS.md, *History*). The history of an epoch is sealed under its storage key and holds
 * what every member of it may see; what one member may see beyond that travels in his own grant. So whoever joined later, or
 * from a date on, is kept from older mail by what he was given, not by a rule.
 * @module
 */
import { hkdf, hkdfKey, sha256 } from '../cms/digest.js';
import { equal } from '../cms/octets.js';
import { decodeHistory, decodeMailboxKeys, encodeHistory, encodeMailboxKeys } from './formats.js';
import { subjectPublicKeyInfo } from './key-pairs.js';
import { importObjectKey, objectKeyInfo, openOctets, sealOctets } from './objects.js';

/** @typedef {import('../cms/octets.js').Bytes} Bytes */
/** @typedef {import('./formats.js').EpochKeys} EpochKeys */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./formats.js').Binding} Binding */
/** @typedef {{mailboxId: string, epoch: number}} Place mailboxId: lower-case hex */

/** No history object is ever changed: a new epoch has its own. */
const VERSION = 1;

/** @param {Uint8Array} storageKey @param {Place} place @param {EpochKeys[]} epochs @returns {Promise<Bytes>} */
export async function sealHistory(storageKey, place, epochs) {
  const content = encodeHistory(descending(epochs));
  return sealOctets(await historyKey(storageKey, place.epoch), contextOf(place), content).finally(() => content.fill(0));
}

/**
 * @param {Uint8Array} storageKey @param {Place} place @param {Bytes} sealed
 * @returns {Promise<EpochKeys[]>}
 * @throws {import('./objects.js').ObjectRefused}
 */
export async function openHistory(storageKey, place, sealed) {
  return decodeHistory(await openOctets(await historyKey(storageKey, place.epoch), contextOf(place), sealed));
}

/** @param {Uint8Array} storageKey @param {number} epoch */
async function historyKey(storageKey, epoch) {
  const raw = await hkdf(await hkdfKey(storageKey), { info: objectKeyInfo('history', String(epoch)) });
  return importObjectKey('history', raw).finally(() => raw.fill(0));
}

/** @param {Place} place */
const contextOf = ({ mailboxId, epoch }) => ({ class: /** @type {const} */ ('history'), id: String(epoch), version: VERSION, mailboxId, epoch });

/** @param {EpochKeys[]} epochs */
const descending = (epochs) => [...epochs].sort((one, other) => other.epoch - one.epoch);

/** One epoch as another's history holds it. @param {number} epoch @param {MailboxKeys} keys @returns {EpochKeys} */
export const epochKeys = (epoch, keys) => ({ epoch, keys: encodeMailboxKeys({ ...keys, earlier: null, confidentialKey: null }) });

/** The epoch from which on every member of a new one may read: the greatest of their rights. @param {{historyFromEpoch: number}[]} members */
export const sharedFrom = (members) => Math.max(1, ...members.map(({ historyFromEpoch }) => historyFromEpoch));

/**
 * What goes into the history of a new epoch, and what into the grant of one member.
 * @param {EpochKeys[]} older every epoch before the new one that can be opened
 * @param {{shared: number, own: number}} from the epochs where the shared history and this member's right begin
 */
export const earlierFor = (older, { shared, own }) => {
  const beyond = descending(older.filter(({ epoch }) => epoch >= own && epoch < shared));
  return beyond.length ? beyond : null;
};

/** @param {EpochKeys[]} older @param {number} shared */
export const historyFor = (older, shared) => descending(older.filter(({ epoch }) => epoch >= shared));

/**
 * The older epochs a holder of `keys` can open. One whose keys are not those that the log bound is left out.
 * @param {MailboxKeys} keys of the grant
 * @param {Place} place
 * @param {Bytes | undefined} history sealed
 * @param {Binding[]} bindings that the log lists
 * @returns {Promise<Map<number, MailboxKeys>>}
 */
export async function olderEpochs(keys, place, history, bindings) {
  const shared = history ? await openHistory(keys.storageKey, place, history).catch(() => []) : [];
  const opened = new Map();
  for (const { epoch, keys: der } of [...shared, ...(keys.earlier ?? [])]) {
    const older = decodeMailboxKeys(der);
    const bound = bindings.find((binding) => binding.epoch === epoch);
    if (epoch < place.epoch && bound && (await isBound(older, bound))) opened.set(epoch, older);
  }
  return opened;
}

/** @param {MailboxKeys} keys @param {Binding} binding */
async function isBound({ encryptionKey, signatureKey }, { encryptionSpki, signatureSpki }) {
  const pairs = /** @type {const} */ ([[encryptionKey, encryptionSpki], [signatureKey, signatureSpki]]);
  const found = await Promise.all(pairs.map(async ([key, expected]) => equal(await sha256(await subjectPublicKeyInfo(key)), expected)));
  return found.every(Boolean);
}
