import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { verifyVector } from './verify-vector.js';

const { vectors } = JSON.parse(readFileSync(new URL('../../vectors/signed/signed.json', import.meta.url), 'utf8'));

for (const vector of vectors) {
  test(`${vector.name}: ${vector.expect}`, async () => assert.equal(await verifyVector(vector), vector.expect));
}
