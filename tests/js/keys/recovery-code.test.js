import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { newSecret, qrText, readCode, sameGroup, writeCode } from '../../../static/js/keys/recovery-code.js';

test('a code is 14 groups of four and gives its secret back', async () => {
  for (let round = 0; round < 20; round++) {
    const secret = newSecret();
    const code = await writeCode(secret);
    assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4} ){13}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.deepEqual(await readCode(code), secret);
    assert.deepEqual(await readCode(qrText(code)), secret);
  }
});

test('the checksum is the documented one', async () => {
  const secret = new Uint8Array(32);
  const digest = createHash('sha256').update('pli/v1/recovery-code').update(secret).digest();
  const bits = Buffer.concat([secret, digest.subarray(0, 3)]).reduce((text, octet) => text + octet.toString(2).padStart(8, '0'), '');
  const expected = (bits.match(/.{5}/g) ?? []).map((five) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[parseInt(five, 2)]).join('');
  assert.equal((await writeCode(secret)).replaceAll(' ', ''), expected);
});

test('reading forgives case, spaces, hyphens and the letters that look like digits', async () => {
  const code = await writeCode(new Uint8Array(32));
  const written = code.replaceAll('0', 'o').replaceAll('1', 'l').toLowerCase().replaceAll(' ', '-');
  assert.deepEqual(await readCode(` ${written} `), new Uint8Array(32));
});

test('a slip of the pen is found', async () => {
  const code = await writeCode(newSecret());
  for (let position = 0; position < code.length; position += 3) {
    if (code[position] === ' ') continue;
    const wrong = code.slice(0, position) + (code[position] === '7' ? '8' : '7') + code.slice(position + 1);
    await assert.rejects(readCode(wrong), { code: 'CODE_REFUSED', data: { reason: 'checksum', group: Math.floor(position / 5) + 1 } });
  }
  await assert.rejects(readCode(code.slice(1)), { data: { reason: 'length', group: null } });
  await assert.rejects(readCode(code.slice(0, -1) + 'U'), { data: { reason: 'character', group: 14 } });
});

test('two groups typed back are compared as a whole code is read', async () => {
  const code = await writeCode(newSecret());
  const third = code.split(' ')[2];
  assert.equal(sameGroup(code, 2, third.toLowerCase().replaceAll('0', 'O')), true);
  assert.equal(sameGroup(code, 2, ''), false);
  assert.equal(sameGroup(code, 3, third === code.split(' ')[3] ? '' : third), false);
});
