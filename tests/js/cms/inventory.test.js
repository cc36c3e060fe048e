import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as oids from '../../../static/js/cms/oids.js';

const inventory = JSON.parse(readFileSync(new URL('../../../bridge/inventory.json', import.meta.url), 'utf8'));

/** @param {any} value @returns {Set<string>} every string and member name below */
function strings(value) {
  if (typeof value === 'string') return new Set([value]);
  if (value === null || typeof value !== 'object') return new Set();
  return new Set([...Object.keys(value), ...Object.values(value).flatMap((each) => [...strings(each)])]);
}

test('every algorithm and identifier of ours stands in the one inventory', () => {
  const listed = strings(inventory);
  const { CONTENT_TYPE, PLI_OID, ATTRIBUTE, DIGEST, KEY_ALGORITHM, SIGNATURE, CURVE_OIDS, ECDH_SCHEMES, KEY_WRAP_LENGTHS, OLD_KEY_WRAP_LENGTHS, CONTENT_CIPHERS, REFUSED_CIPHERS } = oids;
  const used = [CONTENT_TYPE, PLI_OID, ATTRIBUTE, DIGEST, KEY_ALGORITHM, SIGNATURE, CURVE_OIDS].flatMap((table) => Object.values(table));
  used.push(...[ECDH_SCHEMES, KEY_WRAP_LENGTHS, OLD_KEY_WRAP_LENGTHS, CONTENT_CIPHERS, REFUSED_CIPHERS].flatMap((table) => Object.keys(table)));
  assert.deepEqual(used.filter((oid) => !listed.has(oid)), []);
});

test('content ciphers have the names and key lengths of the inventory', () => {
  for (const { name, oid, keyLength } of inventory.contentEncryption) {
    const cipher = oids.CONTENT_CIPHERS[oid];
    if (cipher) assert.deepEqual([cipher.name, cipher.keyLength], [name, keyLength]);
    else assert.equal(oids.REFUSED_CIPHERS[oid], name);
  }
});
