import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareMessage } from '../../../static/js/mail/preparing.js';
import { MessageTooLarge } from '../../../static/js/mail/size.js';
import { splitMime } from '../../../static/js/mime/split.js';
import { issue } from '../cms/openssl.js';

const own = issue('writer', 'rsa').certificate.der;
const PLI = { certificate: own, internal: true };
const OUTSIDER = { certificate: own, internal: false };
const BOB = { name: '', address: 'bob@pli.example' };
const DENIS = { name: '', address: 'Denis@partner.example' };

/** @param {any} members @param {Record<string, any>} recipients @returns {Promise<{payload: Uint8Array, prepared: import('../../../static/js/mail/preparing.js').Prepared}>} */
async function prepare(members, recipients) {
  /** @type {any} */ let payload;
  const signMessages = async (/** @type {any} */ _handle, /** @type {Uint8Array[]} */ [bytes]) => (payload = bytes.slice(), [new Uint8Array(100)]);
  const mailbox = /** @type {any} */ ({ address: 'alice@pli.example', handle: 'h', secrets: { encryptionCertificate: own }, agent: { signMessages } });
  const draft = { to: [], cc: [], bcc: [], subject: 'Avis', text: 'Bonjour', inReplyTo: '', references: '', attachments: [], ...members };
  const prepared = await prepareMessage(mailbox, { draft, fromName: 'Alice', recipients }, { progress: () => {} });
  return { payload, prepared };
}

/** @param {Uint8Array} payload */
const legacy = (payload) => splitMime(payload).params['hp-legacy-display'] === '1';

test('hidden fields are repeated where somebody in To or Cc is not Pli', async () => {
  assert.equal(legacy((await prepare({ to: [BOB] }, { 'bob@pli.example': PLI })).payload), false);
  assert.equal(legacy((await prepare({ to: [BOB], cc: [DENIS] }, { 'bob@pli.example': PLI, 'Denis@partner.example': OUTSIDER })).payload), true);
});

test('a hidden outsider changes nothing in what the others get [N37]', async () => {
  const { payload, prepared } = await prepare({ to: [BOB], bcc: [DENIS] }, { 'bob@pli.example': PLI, 'Denis@partner.example': OUTSIDER });
  assert.equal(legacy(payload), false);
  assert.ok(!/denis|bcc/i.test(new TextDecoder().decode(payload)));
  assert.deepEqual(prepared.wires.map(({ rcptTo }) => rcptTo), [['bob@pli.example'], ['Denis@partner.example']]);
  const [forBob, forDenis] = prepared.wires.map(({ bytes }) => splitMime(bytes).params['smime-type']);
  assert.deepEqual([forBob, forDenis], ['authEnveloped-data', 'enveloped-data']);
});

test('what weighs too much is refused before anything is signed', async () => {
  const attachments = [{ name: 'film.bin', type: 'video/mp4', bytes: new Uint8Array(28_000_000) }];
  const refused = await prepare({ to: [BOB], attachments }, { 'bob@pli.example': PLI }).catch((error) => error);
  assert.ok(refused instanceof MessageTooLarge);
  assert.ok(refused.data.size > 50_000_000 && refused.data.limit === 50_000_000);
});
