import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignedLetters } from '../../../static/js/mail/signed-letters.js';
import { issue } from '../cms/openssl.js';

const own = issue('practitioner', 'rsa').certificate.der;
const CONTEXT = { progress: () => {} };

/** A mailbox whose agent writes down each list that it is asked to sign. */
function mailboxOf() {
  /** @type {string[][]} */
  const lists = [];
  const signMessages = async (/** @type {any} */ _handle, /** @type {Uint8Array[]} */ payloads, /** @type {any} */ options) => {
    assert.deepEqual(options, { card: 'c1', listed: true });
    lists.push(payloads.map((payload) => new TextDecoder().decode(payload)));
    return payloads.map((_, place) => new Uint8Array(100).fill(place + 1));
  };
  const mailbox = { address: 'alice@pli.example', handle: 'h', epoch: 1, secrets: { encryptionCertificate: own, card: 'c1' }, agent: { signMessages } };
  return { lists, mailbox: /** @type {any} */ (mailbox) };
}

/** @param {string} subject @returns {any} */
const order = (subject) => ({
  draft: { to: [{ name: '', address: 'bob@pli.example' }], cc: [], bcc: [], subject, text: 'Bonjour', inReplyTo: '', references: '', attachments: [] },
  fromName: 'Alice Martin', recipients: { 'bob@pli.example': { certificate: own, internal: true } },
});

test('letters are signed in one call, in the practitioner’s name, and each is made ready once', async () => {
  const [{ lists, mailbox }, letters] = [mailboxOf(), new SignedLetters()];
  await letters.sign(mailbox, [order('first'), order('second')]);
  assert.deepEqual(lists.map((list) => list.length), [2]);
  for (const [place, subject] of ['first', 'second'].entries()) {
    assert.match(lists[0][place], new RegExp(`^Subject: ${subject}\r$`, 'm'));
    assert.match(lists[0][place], /^From: Alice Martin <alice@pli\.example>\r$/m);
  }
  const [second, first] = [await letters.finish(1, CONTEXT), await letters.finish(0, CONTEXT)];
  assert.deepEqual([first, second].map(({ wires }) => wires.map(({ rcptTo }) => rcptTo)), [[['bob@pli.example']], [['bob@pli.example']]]);
  assert.notEqual(first.messageId, second.messageId);
  await assert.rejects(letters.finish(0, CONTEXT), { code: 'not-signed' });
  assert.equal(lists.length, 1);
});

test('a further list forgets the one before, and a declined one leaves nothing to send', async () => {
  const [{ mailbox }, letters] = [mailboxOf(), new SignedLetters()];
  await letters.sign(mailbox, [order('first'), order('second')]);
  await letters.sign(mailbox, [order('third')]);
  await assert.rejects(letters.finish(1, CONTEXT), { code: 'not-signed' });
  const declining = { ...mailbox, agent: { signMessages: async () => { throw Object.assign(new Error('no'), { code: 'USER_CANCELLED' }); } } };
  await assert.rejects(letters.sign(declining, [order('fourth')]), { code: 'USER_CANCELLED' });
  await assert.rejects(letters.finish(0, CONTEXT), { code: 'not-signed' });
});
