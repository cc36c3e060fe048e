import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64 } from '../../../static/js/cms/octets.js';
import { importObjectKey, objectKeyInfo, ObjectRolledBack, openObject, sealObject, SeenVersions } from '../../../static/js/keys/objects.js';

const { storageKey, vectors } = JSON.parse(readFileSync(new URL('../../vectors/objects/objects.json', import.meta.url), 'utf8'));

/** @param {string} objectClass @param {string} id */
async function rawKey(objectClass, id) {
  const source = await crypto.subtle.importKey('raw', fromBase64(storageKey), 'HKDF', false, ['deriveBits']);
  const info = objectKeyInfo(/** @type {any} */ (objectClass), id);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, source, 256));
}

/** @param {any} vector @returns {Promise<any>} what a reader does: version first, then the seal */
async function readVector(vector) {
  new SeenVersions({ [vector.objectId]: vector.seenVersion }).accept(vector.objectId, vector.version);
  const key = await importObjectKey(vector.class, await rawKey(vector.class, vector.objectId));
  return openObject(key, { ...vector, id: vector.objectId }, fromBase64(vector.sealed));
}

for (const vector of vectors) {
  test(`vector: ${vector.class} ${vector.name}`, async () => {
    if (vector.expect === 'ok') {
      const content = await readVector(vector);
      if (vector.content) assert.deepEqual(content, JSON.parse(Buffer.from(vector.content, 'base64').toString()));
      if (vector.key) assert.deepEqual(await rawKey(vector.class, vector.objectId), fromBase64(vector.key));
    } else {
      const code = vector.expect === 'rollback' ? 'object-rolled-back' : 'object-refused';
      await assert.rejects(readVector(vector), { code });
    }
  });
}

const CONTEXT = Object.freeze({ class: /** @type {const} */ ('draft'), mailboxId: '00'.repeat(16), id: 'ab', epoch: 1, version: 1 });

test('an object opens under its own name only', async () => {
  const key = await importObjectKey('draft', new Uint8Array(32));
  const sealed = await sealObject(key, CONTEXT, { text: 'é' });
  assert.deepEqual(await openObject(key, CONTEXT, sealed), { text: 'é' });
  for (const lie of [{ id: 'ac' }, { version: 2 }, { epoch: 2 }, { class: /** @type {const} */ ('pins') }, { mailboxId: '01'.repeat(16) }]) {
    await assert.rejects(openObject(key, { ...CONTEXT, ...lie }, sealed), { code: 'object-refused' });
  }
});

test('object keys cannot be exported', async () => {
  for (const objectClass of /** @type {const} */ (['draft', 'cek'])) {
    const key = await importObjectKey(objectClass, new Uint8Array(32));
    await assert.rejects(crypto.subtle.exportKey('raw', key));
  }
});

test('an older version than one seen is refused, and the highest is remembered', () => {
  /** @type {any} */ let kept;
  const seen = new SeenVersions({ a: 3 }, (id, version) => (kept = [id, version]));
  seen.accept('a', 3);
  assert.equal(kept, undefined);
  seen.accept('a', 5);
  assert.deepEqual(kept, ['a', 5]);
  assert.throws(() => seen.accept('a', 4), ObjectRolledBack);
});
