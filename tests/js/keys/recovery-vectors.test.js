import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64, fromHex, toBase64 } from '../../../static/js/cms/octets.js';
import { ecPublicKeyInfo } from '../../../static/js/cms/public-key.js';
import { deriveHolderKey, deriveLoginKey } from '../../../static/js/keys/holder-keys.js';
import { readCode, writeCode } from '../../../static/js/keys/recovery-code.js';

/** @param {string} name @returns {any} */
const read = (name) => JSON.parse(readFileSync(new URL(`../../vectors/recovery/${name}`, import.meta.url), 'utf8'));

for (const { name, text, expect, group = null, secret, code } of read('codes.json').vectors) {
  test(`recovery code: ${name}`, async () => {
    if (expect !== 'ok') return assert.rejects(readCode(text), { data: { reason: expect, group } });
    const found = await readCode(text);
    assert.equal(toBase64(found), secret);
    assert.equal((await writeCode(found)).replaceAll(' ', ''), code);
  });
}

const keys = read('keys.json');

for (const { name, kind, secret, publicKey } of keys.vectors) {
  test(`derived key: ${name}`, async () => {
    const login = kind === 'login';
    const { point } = login ? await deriveLoginKey(fromBase64(secret)) : await deriveHolderKey(kind, fromBase64(secret), fromHex(keys.mailboxId));
    assert.equal(toBase64(ecPublicKeyInfo('P-256', point)), publicKey);
  });
}
