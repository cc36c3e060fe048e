import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composePayload, wrapWire } from '../../../static/js/mail/compose.js';
import { draftSize, MAX_MESSAGE, MessageTooLarge, refuseLarge, wireSize } from '../../../static/js/mail/size.js';
import { issue } from '../cms/openssl.js';

const PEOPLE = Array.from({ length: 7 }, (_, index) => ({ name: `Personne ${index}`, address: `p${index}@hopital-${index}.example` }));
const certificate = issue('weighed', 'rsa').certificate.der;
const SIGNATURE = new Uint8Array(9_000);

for (const bytes of [0, 1, 56_000, 3_000_000]) {
  test(`what leaves weighs what was counted before, and little less (${bytes} bytes attached)`, async () => {
    const attachments = [{ filename: 'a.bin', type: 'application/octet-stream', bytes: new Uint8Array(bytes) }];
    const letter = { from: PEOPLE[0], to: PEOPLE, subject: 'x', text: 'Bonjour.', attachments };
    const composition = composePayload(letter);
    const [{ entity, outer }] = composition.wires(SIGNATURE);
    const wire = await wrapWire(entity, outer, PEOPLE.map(() => ({ certificate, internal: false })));
    const counted = wireSize(composition.payload.length, PEOPLE.length);
    assert.ok(wire.length <= counted && counted - wire.length < 80_000, `${wire.length} of ${counted}`);
    const guessed = draftSize({ text: letter.text, attachments }, PEOPLE.length);
    assert.ok(wire.length <= guessed && guessed - wire.length < 80_000, `${wire.length} of ${guessed}`);
  });
}

test('over 50 MB is refused with its size and the limit', () => {
  assert.doesNotThrow(() => refuseLarge(MAX_MESSAGE));
  assert.throws(() => refuseLarge(MAX_MESSAGE + 1), (error) => error instanceof MessageTooLarge
    && error.code === 'message-too-large' && error.data.size === 50_000_001 && error.data.limit === 50_000_000);
});
