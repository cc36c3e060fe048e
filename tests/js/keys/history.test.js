import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromHex } from '../../../static/js/cms/octets.js';
import { decodeMailboxKeys, encodeMailboxKeys } from '../../../static/js/keys/formats.js';
import { epochKeys, historyFloor, keysFor, olderEpochs, openHistory, ringOf, sealHistory, sharedHistory } from '../../../static/js/keys/history.js';
import { makeKeyPair } from '../../../static/js/keys/key-pairs.js';

const MAILBOX = '00112233445566778899aabbccddeeff';
const place = (/** @type {number} */ epoch) => ({ mailboxId: MAILBOX, epoch });

/** @param {number} epoch */
async function makeEpoch(epoch) {
  const [encryption, signature] = await Promise.all([makeKeyPair('p-384'), makeKeyPair('p-256')]);
  const keys = { encryptionKey: encryption.pkcs8, signatureKey: signature.pkcs8, storageKey: crypto.getRandomValues(new Uint8Array(32)) };
  const spkis = { encryptionSpki: await sha256(encryption.spki), signatureSpki: await sha256(signature.spki) };
  return { epoch, keys, binding: /** @type {any} */ ({ epoch, ...spkis }) };
}

const epochs = await Promise.all([1, 2, 3, 4].map(makeEpoch));
/** @param {...number} wanted @returns {import('../../../static/js/keys/history.js').Keyring} */
const ring = (...wanted) => new Map(epochs.filter(({ epoch }) => wanted.includes(epoch)).map(({ epoch, keys }) => [epoch, keys]));
const bindings = epochs.map(({ binding }) => binding);
const { keys: current } = epochs[3];
/** @param {number} historyFromEpoch */
const body = (historyFromEpoch) => ({ mailboxId: fromHex(MAILBOX), epoch: 4, historyFromEpoch, role: /** @type {const} */ ('reader') });

test('the history of an epoch opens under its storage key only, and as that epoch only', async () => {
  const sealed = /** @type {any} */ (await sealHistory(current.storageKey, place(4), ring(1, 2, 3)));
  assert.deepEqual([...(await openHistory(current.storageKey, place(4), sealed)).keys()], [3, 2, 1]);
  await assert.rejects(openHistory(epochs[2].keys.storageKey, place(4), sealed), { data: { reason: 'history' } });
  await assert.rejects(openHistory(current.storageKey, place(3), sealed), { data: { reason: 'history' } });
  assert.equal(await sealHistory(current.storageKey, place(4), new Map()), null);
});

test('the shared history begins where the latest member’s right does; the others carry what lies before', () => {
  const floor = historyFloor([body(1), body(3)]);
  assert.deepEqual([...sharedHistory(ring(1, 2, 3, 4), 4, floor).keys()], [3]);
  assert.deepEqual(keysFor(ring(1, 2, 3, 4), body(1), floor).earlier?.map(({ epoch }) => epoch), [2, 1]);
  assert.equal(keysFor(ring(1, 2, 3, 4), body(3), floor).earlier, null);
  assert.throws(() => keysFor(ring(2, 3, 4), body(1), floor), { data: { reason: 'history-missing' } });
});

test('a grant opens its own epochs, those of the history and those it carries, and no other [N14]', async () => {
  const all = ring(1, 2, 3, 4);
  const sealed = /** @type {any} */ (await sealHistory(current.storageKey, place(4), sharedHistory(all, 4, 3)));
  const opened = async (/** @type {number} */ from, /** @type {any} */ history = sealed) =>
    [...(await olderEpochs(body(from), keysFor(all, body(from), 3), history ?? undefined, bindings)).keys()].sort();
  assert.deepEqual(await opened(1), [1, 2, 3]);
  assert.deepEqual(await opened(3), [3]);
  assert.deepEqual(await opened(4), []);
  assert.deepEqual(await opened(3, null), []);
});

test('keys that the log never bound are refused', async () => {
  const stranger = await makeEpoch(3);
  const sealed = /** @type {any} */ (await sealHistory(current.storageKey, place(4), new Map([[3, stranger.keys]])));
  await assert.rejects(olderEpochs(body(1), current, sealed, bindings), { data: { reason: 'spki-mismatch' } });
  await assert.rejects(olderEpochs(body(1), current, sealed, []), { data: { reason: 'spki-mismatch' } });
});

test('the confidential keys of all epochs travel with an owner’s grant alone', () => {
  const secret = new Map([...ring(2, 3, 4)].map(([epoch, keys]) => [epoch, { ...keys, confidentialKey: new Uint8Array(32).fill(epoch) }]));
  assert.ok([...sharedHistory(secret, 4, 1).values()].every(({ confidentialKey }) => !confidentialKey));
  assert.equal(keysFor(secret, body(2), 2).confidentialKey, null);
  const owner = keysFor(secret, { ...body(2), role: 'owner' }, 2);
  assert.deepEqual(owner.earlier?.map(({ epoch, keys }) => [epoch, decodeMailboxKeys(keys).confidentialKey?.[0]]), [[3, 3], [2, 2]]);
});

test('epochs out of order, twice, or with epochs of their own are refused', () => {
  const [third, second] = [epochKeys(3, epochs[2].keys), epochKeys(2, epochs[1].keys)];
  const nested = { epoch: 3, keys: encodeMailboxKeys({ ...epochs[2].keys, earlier: [second] }) };
  for (const wrong of [[], [second, third], [second, second], [nested]]) assert.throws(() => ringOf(wrong), { data: { reason: 'key-invalid' } });
});

test('keys with earlier epochs and a confidential key are read as they were written', () => {
  const keys = { ...current, earlier: [epochKeys(3, epochs[2].keys)], confidentialKey: new Uint8Array(32) };
  assert.deepEqual(decodeMailboxKeys(encodeMailboxKeys(keys)), keys);
  assert.throws(() => decodeMailboxKeys(encodeMailboxKeys({ ...keys, confidentialKey: new Uint8Array(31) })));
});
