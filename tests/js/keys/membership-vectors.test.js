import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../../static/js/cms/octets.js';
import { decodeGrantBody, decodeMailboxKeys } from '../../../static/js/keys/formats.js';
import { olderEpochs } from '../../../static/js/keys/history.js';
import { Logs, described } from './replaying.js';

/** @param {string} name @returns {any} */
const read = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));

const logs = new Logs(read('membership/membership.json'));

for (const vector of logs.file.vectors) {
  test(`membership: ${vector.name}`, async () => {
    if (vector.expect !== 'ok') {
      await assert.rejects(logs.replayed(vector), (/** @type {any} */ error) => (assert.equal(error.data?.reason, vector.expect), true));
      // What came before the refused act stands.
      if (vector.entries.length > 1) await logs.replayed({ ...vector, entries: vector.entries.slice(0, -1) }).catch((error) => assert.equal(error.data.reason, vector.expect));
      return;
    }
    const { name: _name, entries: _entries, bodies: _bodies, bindings: _bindings, at, expect: _expect, ...expected } = vector;
    assert.deepEqual(described(await logs.replayed(vector), new Date(at)), { ...expected, managers: expected.managers.sort() });
  });
}

const histories = read('history/history.json');
const bindings = Object.entries(histories.spkis).map(([epoch, [encryption, signature]]) => (
  { epoch: Number(epoch), encryptionSpki: fromBase64(encryption), signatureSpki: fromBase64(signature) }));

for (const vector of histories.vectors) {
  test(`history: ${vector.name}`, async () => {
    const opening = (async () => {
      const body = decodeGrantBody(fromBase64(vector.body));
      const keys = decodeMailboxKeys(fromBase64(vector.keys));
      const older = await olderEpochs(body, keys, vector.history ? fromBase64(vector.history) : undefined, bindings);
      return new Map([[body.epoch, keys], ...older]);
    })();
    if (vector.expect !== 'ok') return assert.rejects(opening, { data: { reason: vector.expect } });
    const ring = await opening;
    const secrets = (/** @type {'storageKey' | 'confidentialKey'} */ name) => Object.fromEntries(
      [...ring].flatMap(([epoch, keys]) => (keys[name] ? [[epoch, toBase64(/** @type {Uint8Array} */ (keys[name]))]] : [])));
    assert.deepEqual(secrets('storageKey'), vector.storageKeys);
    assert.deepEqual(secrets('confidentialKey'), vector.confidentialKeys);
  });
}
