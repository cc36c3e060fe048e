/** The key inside a message, foretold in its summary: asked for early, and believed only for what it was made from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { seal } from '../../../static/js/cms/seal.js';
import { openStored } from '../../../static/js/mail/opening.js';
import { OpenedMailbox } from '../../../static/js/mail/opened-mailbox.js';
import { carrying, lines } from '../mail/messages.js';
import { owner } from './owner.js';

const ID = 'a'.repeat(32);
const FIELDS = ['From: hugo@ailleurs.example', 'To: zoe@pli.example', 'Subject: [...]', 'Date: Sun, 22 Nov 2026 10:00:00 +0000'];
const secrets = await owner();
const certificate = parseCertificate(secrets.encryptionCertificate);

/** @param {string} words @returns {Promise<Uint8Array>} */
const envelope = (words) => buildEnveloped({ content: utf8(`Content-Type: text/plain\r\n\r\n${words}`), contentAlgorithm: 'aes-256-gcm', recipients: [{ certificate }] });

/** @param {Uint8Array} cms @returns {import('../../../static/js/mail/summaries.js').Foretold} as the server reads it */
function foretoldOf(cms) {
  const { recipients: [{ der }], contentAlgorithm } = parseEnveloped(cms);
  return { recipientInfo: toBase64(der), contentAlgorithm: contentAlgorithm.oid };
}

/**
 * @param {Uint8Array} cms what the stored message carries @param {any} inner of its summary
 * @param {(ask: () => Promise<Uint8Array[]>, asked: number) => Promise<Uint8Array[]>} [answer] of the agent to the questions about messages
 * @param {(done: number) => void} [progress]
 */
async function open(cms, inner, answer = (ask) => ask(), progress = () => {}) {
  /** @type {string[]} */
  const questions = [];
  const unwrap = (/** @type {string} */ handle, /** @type {'message' | 'summary'} */ keyClass, /** @type {any[]} */ items) => {
    const ask = () => secrets.agent.unwrap(handle, keyClass, items);
    if (keyClass === 'summary') return ask();
    questions.push(...items.map(({ recipientInfo }) => toBase64(recipientInfo)));
    return answer(ask, questions.length);
  };
  const agent = { unwrap, objectKeys: secrets.agent.objectKeys.bind(secrets.agent) };
  const mailbox = new OpenedMailbox(/** @type {any} */ ({ ...secrets, agent }));
  const summary = utf8(JSON.stringify({ v: 1, from: [], encrypted: true, ...(inner && { inner }) }));
  await mailbox.addSummaries([{ id: ID, sealedSummary: toBase64(await seal(summary, certificate, 'pli-summary')) }]);
  const stored = { id: ID, bytes: await seal(lines(...FIELDS, carrying(cms)), certificate, 'pli-message'), receivedAt: '2026-11-22T10:00:00Z', epoch: 1 };
  const surroundings = { directory: async () => null, known: async () => [], progress, signal: new AbortController().signal };
  const { message } = await openStored(mailbox, /** @type {any} */ (stored), {}, surroundings);
  return { message, questions };
}

test('both keys are asked for before either is there', async () => {
  const cms = await envelope('bonjour');
  /** @type {() => void} */
  let both = () => {};
  const asked = new Promise((/** @type {(value?: unknown) => void} */ resolve) => { both = resolve; });
  const { message, questions } = await open(cms, foretoldOf(cms), async (ask, count) => {
    if (count === 2) both();
    await asked;
    return ask();
  });
  assert.equal(message.text, 'bonjour');
  assert.equal(questions.length, 2);
});

test('a key foretold for something else opens nothing here', async () => {
  const other = await envelope('something else');
  const { message, questions } = await open(await envelope('bonjour'), foretoldOf(other));
  assert.equal(message.text, 'bonjour');
  assert.equal(message.quarantined, undefined);
  assert.equal(questions.length, 3);
});

test('nor one foretold for another cipher', async () => {
  const cms = await envelope('bonjour');
  const { message, questions } = await open(cms, { ...foretoldOf(cms), contentAlgorithm: '2.16.840.1.101.3.4.1.42' });
  assert.equal(message.text, 'bonjour');
  assert.equal(questions.length, 3);
});

test('a key that could not be had ahead fails like one asked for in its turn', async () => {
  const cms = await envelope('bonjour');
  const busy = Object.assign(new Error('busy'), { code: 'RATE_LIMITED' });
  await assert.rejects(open(cms, foretoldOf(cms), (ask, count) => (count === 2 ? Promise.reject(busy) : ask())), { code: 'RATE_LIMITED' });
});

test('nonsense in its place is passed over, and nothing asked for it', async () => {
  const cms = await envelope('bonjour');
  const nonsense = [1, 'x', {}, { recipientInfo: '!', contentAlgorithm: '1.2' }, { recipientInfo: 'MAA=', contentAlgorithm: '1.2' }, { ...foretoldOf(cms), contentAlgorithm: 7 },
    { ...foretoldOf(cms), recipientInfo: 'A'.repeat(5_000) }];
  for (const inner of nonsense) {
    const { message, questions } = await open(cms, inner);
    assert.equal(message.text, 'bonjour');
    assert.equal(questions.length, 2);
  }
});

test('tells how far it is where that takes long, and nothing where nobody waits', async ({ mock }) => {
  const cms = await envelope('bonjour');
  for (const [passing, expected] of /** @type {[number, number[]][]} */ ([[0, []], [60, [0.35, 0.5]]])) {
    let now = 0;
    mock.method(performance, 'now', () => now);
    /** @type {number[]} */
    const told = [];
    await open(cms, null, (ask) => { now += 2 * passing; return ask(); }, (done) => told.push(done));
    mock.reset();
    assert.deepEqual(told, expected);
  }
});
