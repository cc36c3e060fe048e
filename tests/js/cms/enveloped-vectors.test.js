import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openVector } from './open-vector.js';

const { content, keys, vectors } = JSON.parse(readFileSync(new URL('../../vectors/enveloped/enveloped.json', import.meta.url), 'utf8'));

for (const vector of vectors) {
  test(`${vector.name}: ${vector.expect}`, async () => {
    assert.equal(await openVector(vector, keys), vector.expect === 'ok' ? content : `error: ${vector.expect}`);
  });
}
