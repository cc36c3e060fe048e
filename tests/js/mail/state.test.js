import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composePayload } from '../../../static/js/mail/compose.js';
import { openMessage } from '../../../static/js/mail/open.js';
import { utf8 } from '../../../static/js/mime/bytes.js';
import { issue, openssl, put } from '../cms/openssl.js';
import { AT, alice, believing, card, mallory, sign, signE2h } from './people.js';

const LETTER = { from: { name: 'Alice', address: 'alice@pli.example' }, to: [{ name: '', address: 'bob@pli.example' }], subject: 'S', text: 'T', date: new Date(AT.getTime() - 120_000) };
const composition = composePayload(LETTER);
const { payload } = composition;

/**
 * @param {Uint8Array} signature
 * @param {Partial<import('../../../static/js/mail/open.js').Reader>} [reader]
 * @param {(message: string) => string} [alter]
 */
async function judge(signature, reader = {}, alter = (message) => message) {
  const message = utf8(alter(new TextDecoder().decode(composition.sentCopy(signature))));
  const { signature: judged, from } = await openMessage(message, { unwrap: async () => null, validate: believing(), at: AT, ...reader });
  return { state: judged.state, reason: judged.reason, signer: judged.signer, from: from[0]?.address };
}

/** @param {{state: string, reason: string}} judged */
const short = ({ state, reason }) => `${state} ${reason}`;

test('S1 needs the card’s signature inside the mailbox’s [CO6]', async () => {
  assert.equal(short(await judge(await signE2h(payload))), 'S1 signed-by-card');
  assert.equal(short(await judge(await sign(payload, alice))), 'S1b no-card');
});

test('a card part that fails in any way is told apart from no card', async () => {
  const foreign = await sign(utf8('another content'), card);
  const withoutMeaning = await sign(payload, mallory);
  for (const cards of [[foreign], [withoutMeaning], [utf8('0\u0003\u0002\u0001\u0001')]]) {
    assert.equal(short(await judge(await signE2h(payload, cards))), 'S1b card-signature-invalid');
  }
});

for (const error of ['certificate-revoked', 'certificate-expired', 'certificate-untrusted', 'revocation-unknown']) {
  test(`a card with ${error} never gives S1`, async () => {
    assert.equal(short(await judge(await signE2h(payload), { validate: believing({ 'card-signature': error }) })), `S1b card-${error}`);
  });
}

test('a mailbox certificate that is revoked or expired counts as unsigned; one that cannot be checked is S4', async () => {
  const e2h = await signE2h(payload);
  const states = { 'certificate-revoked': 'S5', 'certificate-expired': 'S5', 'wrong-key-usage': 'S5', 'certificate-untrusted': 'S4', 'revocation-unknown': 'S4' };
  for (const [error, state] of Object.entries(states)) {
    const validate = believing({ 'message-signature': error, 'card-signature': 'certificate-untrusted' });
    assert.equal(short(await judge(e2h, { validate })), `${state} ${error}`);
  }
});

test('where nothing can check a path the state is S4 at most', async () => {
  assert.equal(short(await judge(await signE2h(payload), { validate: null })), 'S4 not-checked');
});

test('a valid signature of another address is S3, and nobody is shown whom delivery did not see [N32]', async () => {
  const judged = await judge(await sign(payload, mallory));
  assert.equal(short(judged), 'S3 from-mismatch');
  assert.equal(judged.signer?.address, 'mallory@pli.example');
  const replayed = await judge(await signE2h(payload), {}, (message) => message.replace(/^From: .*$/m, 'From: mallory@pli.example'));
  assert.equal(short(replayed), 'S3 outer-from-differs');
});

test('two From fields, inside or outside, are never proved [N33]', async () => {
  const doubled = await judge(await signE2h(payload), {}, (message) => `From: mallory@pli.example\r\n${message}`);
  assert.equal(short(doubled), 'S3 from-hostile');
});

test('a card alone is N without directory, S1 matched by it, S3 against it', async () => {
  const alone = await sign(payload, card);
  assert.equal(short(await judge(alone)), 'N no-directory-entry');
  assert.equal(short(await judge(alone, { directory: async () => ({ rppsNumber: '99900001016' }) })), 'S1 matched-by-directory');
  assert.equal(short(await judge(alone, { directory: async () => ({ rppsNumber: '99900002022' }) })), 'S3 directory-differs');
});

test('a passkey person is S1b at level passkey [CO12]', async () => {
  const entry = { level: 'passkey', signatureCertificate: alice.certificate.der };
  const judged = await judge(await sign(payload, alice), { directory: async () => entry });
  assert.deepEqual([judged.state, judged.signer?.level, judged.signer?.idValue], ['S1b', 'passkey', '']);
});

test('a signature that is broken, empty or of two people counts as none', async () => {
  assert.equal((await judge(utf8('no CMS'))).reason, 'signature-malformed');
  const broken = (await sign(payload, alice)).slice();
  broken[broken.length - 1] ^= 1;
  assert.equal((await judge(broken)).state, 'S5');
  assert.equal(short(await judge(await sign(utf8('x'), alice))), 'S5 digest-mismatch');
});

test('revocation that nobody checked proves nothing where the certificate names a list', async () => {
  const validate = /** @type {any} */ (async (/** @type {any[]} */ items) => items.map(() => ({ ok: true, revocation: 'unchecked' })));
  // These test certificates name none.
  assert.equal((await judge(await sign(payload, alice), { validate })).state, 'S1b');
});

test('a signer who sends no certificate is found by the directory, or cannot be checked', async () => {
  put('payload', payload);
  const bare = new Uint8Array(openssl(['cms', '-sign', '-binary', '-nocerts', '-in', 'payload', '-signer', 'alice.pem', '-inkey', 'alice.key', '-outform', 'DER']));
  assert.equal(short(await judge(bare)), 'S4 certificate-missing');
  assert.equal(short(await judge(bare, { directory: async () => ({ signatureCertificate: utf8('garbage') }) })), 'S4 certificate-missing');
  assert.equal(short(await judge(bare, { directory: async () => ({ signatureCertificate: alice.certificate.der }) })), 'S1b no-card');
});

test('SHA-1, MD5, RSA below 2048 bits and the exponent 3 count as unsigned [N31]', async () => {
  put('payload', payload);
  const weak = issue('weak', 'rsa1024', ['subjectAltName=email:alice@pli.example']);
  assert.ok(weak);
  openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3', '-out', 'three.key']);
  openssl(['req', '-new', '-x509', '-key', 'three.key', '-subj', '/CN=three', '-addext', 'subjectAltName=email:alice@pli.example', '-out', 'three.pem']);
  const bobs = ['-signer', 'bob.pem', '-inkey', 'bob.key'];
  for (const options of [['-signer', 'weak.pem', '-inkey', 'weak.key'], ['-signer', 'three.pem', '-inkey', 'three.key'], [...bobs, '-md', 'sha1'], [...bobs, '-md', 'md5']]) {
    const signature = new Uint8Array(openssl(['cms', '-sign', '-binary', '-in', 'payload', '-outform', 'DER', ...options]));
    assert.equal(short(await judge(signature)), 'S5 weak-algorithm');
  }
});

test('two signers, one of them valid, count as none [N23]', async () => {
  put('payload', payload);
  const both = ['-signer', 'alice.pem', '-inkey', 'alice.key', '-signer', 'mallory.pem', '-inkey', 'mallory.key'];
  const signature = new Uint8Array(openssl(['cms', '-sign', '-binary', '-in', 'payload', '-outform', 'DER', ...both]));
  assert.equal(short(await judge(signature)), 'S5 several-signers');
});
