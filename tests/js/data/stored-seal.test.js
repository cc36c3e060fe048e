import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { utf8 } from '../../../static/js/cms/octets.js';
import { seal } from '../../../static/js/cms/seal.js';
import { KeyError } from '../../../static/js/keys/errors.js';
import { OpenedMailbox } from '../../../static/js/mail/opened-mailbox.js';
import { openSeal, sealForMembers, sealForOwners } from '../../../static/js/mail/stored-seal.js';
import { summariesOf } from '../../../static/js/mail/summaries.js';
import { toBase64 } from '../../../static/js/cms/octets.js';
import { owner } from './owner.js';

const ID = 'a'.repeat(32);
const LETTER = 'From: Hugo <hugo@pli.example>\r\nTo: zoe@pli.example\r\nSubject: Emma Petit\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nWhat she said';

/** The same keys without the second one, as a delegate's grant gives them. @param {any} secrets */
function delegated(secrets) {
  const denied = (/** @type {string} */ handle, /** @type {any[]} */ items) => {
    if (items.some((item) => item.class === 'confidential')) throw new KeyError('KEY_USE_DENIED', { reason: 'confidential' });
    return secrets.agent.objectKeys(handle, items);
  };
  const agent = { objectKeys: async (/** @type {string} */ handle, /** @type {any[]} */ items) => denied(handle, items), unwrap: secrets.agent.unwrap.bind(secrets.agent) };
  return new OpenedMailbox({ ...secrets, agent });
}

const secrets = await owner();
const certificate = parseCertificate(secrets.encryptionCertificate);
const mailbox = () => new OpenedMailbox(/** @type {any} */ (secrets));
const stored = async () => ({ id: ID, bytes: /** @type {any} */ (await seal(utf8(LETTER), certificate, 'pli-message')), epoch: 1 });
/** @param {{content: Uint8Array} | null} opened */
const text = (opened) => opened && new TextDecoder().decode(opened.content);

test('sealed for its owners, a message opens for them and for nobody else', async () => {
  const before = delegated(secrets);
  assert.equal(text(await openSeal(before, await stored())), LETTER);
  const { bytes, epoch } = await sealForOwners(mailbox(), await stored());
  assert.equal(epoch, 1);
  assert.equal(text(await openSeal(mailbox(), { id: ID, bytes, epoch })), LETTER);
  assert.equal(await openSeal(before, { id: ID, bytes, epoch }), null);
});

test('it opens in its own place only, and unaltered', async () => {
  const { bytes } = await sealForOwners(mailbox(), await stored());
  assert.equal(await openSeal(mailbox(), { id: 'b'.repeat(32), bytes, epoch: 1 }), null);
  const altered = bytes.slice();
  altered[altered.length - 1] ^= 1;
  assert.equal(await openSeal(mailbox(), { id: ID, bytes: altered, epoch: 1 }), null);
});

test('a message of an epoch without the second key goes under one that has it', async () => {
  const withSecond = mailbox();
  withSecond.secrets = { ...withSecond.secrets, opened: /** @type {any} */ ({ ...secrets.opened, epoch: 1, epochs: [2, 1] }) };
  const keys = withSecond.objectKey.bind(withSecond);
  withSecond.objectKey = async (objectClass, id, epoch) => {
    if (epoch === 2) throw new KeyError('KEY_USE_DENIED', { reason: 'confidential' });
    return keys(objectClass, id, epoch);
  };
  const sealed = await stored();
  withSecond.unwrap = (keyClass, items) => secrets.agent.unwrap(secrets.opened.handle, keyClass, items.map(({ epoch: _, ...item }) => item));
  const { bytes, epoch } = await sealForOwners(withSecond, { ...sealed, epoch: 2 });
  assert.equal(epoch, 1);
  assert.equal(text(await openSeal(withSecond, { id: ID, bytes, epoch: 2 })), LETTER);
});

test('who has no such key is told so', async () => {
  await assert.rejects(sealForOwners(delegated(secrets), await stored()), { code: 'confidential-key-missing' });
});

test('for everybody again: message and summary, as the server would have made it', async () => {
  const hidden = await sealForOwners(mailbox(), await stored());
  const { bytes, summary } = await sealForMembers(mailbox(), { id: ID, bytes: hidden.bytes, epoch: 1 }, 1);
  const delegate = delegated(secrets);
  assert.equal(text(await openSeal(delegate, { id: ID, bytes, epoch: 1 })), LETTER);
  const [{ row }] = await summariesOf([{ id: ID, sealedSummary: toBase64(summary) }], (items) => delegate.unwrap('summary', items));
  assert.deepEqual([row.subject, row.from[0].address, row.quarantined], ['Emma Petit', 'hugo@pli.example', undefined]);
});

test('what does not open is not sealed anew', async () => {
  await assert.rejects(sealForMembers(mailbox(), { id: ID, bytes: new Uint8Array([0x30, 0]), epoch: 1 }, 1), { code: 'decrypt-failed' });
});
