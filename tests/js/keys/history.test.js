import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { decodeHistory, decodeMailboxKeys, encodeHistory, encodeMailboxKeys } from '../../../static/js/keys/formats.js';
import { earlierFor, epochKeys, historyFor, olderEpochs, openHistory, sealHistory, sharedFrom } from '../../../static/js/keys/history.js';
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
const older = epochs.slice(0, 3).map(({ epoch, keys }) => epochKeys(epoch, keys));
const bindings = epochs.map(({ binding }) => binding);
const { keys: current } = epochs[3];

test('the history of an epoch opens under its storage key only, and as that epoch only', async () => {
  const sealed = await sealHistory(current.storageKey, place(4), older);
  assert.deepEqual((await openHistory(current.storageKey, place(4), sealed)).map(({ epoch }) => epoch), [3, 2, 1]);
  await assert.rejects(openHistory(epochs[2].keys.storageKey, place(4), sealed), { code: 'object-refused' });
  await assert.rejects(openHistory(current.storageKey, place(3), sealed), { code: 'object-refused' });
});

test('the shared history begins where the latest member’s right does; the others carry what lies before', () => {
  const members = [{ historyFromEpoch: 1 }, { historyFromEpoch: 3 }];
  const shared = sharedFrom(members);
  assert.deepEqual(historyFor(older, shared).map(({ epoch }) => epoch), [3]);
  assert.deepEqual(earlierFor(older, { shared, own: 1 })?.map(({ epoch }) => epoch), [2, 1]);
  assert.equal(earlierFor(older, { shared, own: 3 }), null);
});

test('a grant opens its own epochs, those of the history and those it carries, and no other [N14]', async () => {
  const sealed = await sealHistory(current.storageKey, place(4), historyFor(older, 3));
  const owner = { ...current, earlier: earlierFor(older, { shared: 3, own: 1 }) };
  assert.deepEqual([...(await olderEpochs(owner, place(4), sealed, bindings)).keys()].sort(), [1, 2, 3]);
  assert.deepEqual([...(await olderEpochs(current, place(4), sealed, bindings)).keys()], [3]);
  assert.deepEqual([...(await olderEpochs(current, place(4), undefined, bindings)).keys()], []);
});

test('an epoch whose keys the log never bound is left out', async () => {
  const stranger = await makeEpoch(2);
  const sealed = await sealHistory(current.storageKey, place(4), [epochKeys(2, stranger.keys), older[2]]);
  assert.deepEqual([...(await olderEpochs(current, place(4), sealed, bindings)).keys()], [3]);
});

test('keys with earlier epochs and a confidential key are read as they were written', () => {
  const keys = { ...current, earlier: older.slice(0, 1), confidentialKey: new Uint8Array(32) };
  assert.deepEqual(decodeMailboxKeys(encodeMailboxKeys(keys)), keys);
  assert.deepEqual(decodeHistory(encodeHistory(older)), older);
  assert.throws(() => decodeMailboxKeys(encodeMailboxKeys({ ...keys, confidentialKey: new Uint8Array(31) })));
});
