import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnveloped } from '../../../static/js/cms/enveloped.js';
import { toBase64 } from '../../../static/js/cms/octets.js';
import { OpenedMailbox } from '../../../static/js/mail/opened-mailbox.js';

test('summaries asked for twice at once are opened once', async () => {
  const recipients = [{ keyIdentifier: new Uint8Array(16), kek: new Uint8Array(32) }];
  const envelope = await buildEnveloped({ content: new Uint8Array(16), contentAlgorithm: 'aes-256-gcm', recipients });
  const sealed = [1, 2, 3].map((number) => ({ id: `message${number}`, sealedSummary: toBase64(envelope) }));
  let unwrapped = 0;
  const agent = {
    unwrap: async (/** @type {string} */ _handle, /** @type {string} */ _class, /** @type {any[]} */ items) => {
      unwrapped += items.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return items.map(() => new Uint8Array(32));
    },
  };
  const mailbox = new OpenedMailbox(/** @type {any} */ ({ agent, opened: {}, crls: [] }));
  await Promise.all([mailbox.addSummaries(sealed), mailbox.addSummaries(sealed.slice(1))]);
  assert.equal(unwrapped, 3);
  assert.equal(mailbox.rows(sealed.map(({ id }) => id)).filter(Boolean).length, 3);
});

test('a batch whose keys could not be asked for does not hold up the next', async () => {
  let calls = 0;
  const agent = { unwrap: async () => { calls += 1; throw new Error('busy'); } };
  const mailbox = new OpenedMailbox(/** @type {any} */ ({ agent, opened: {}, crls: [] }));
  const recipients = [{ keyIdentifier: new Uint8Array(16), kek: new Uint8Array(32) }];
  const sealedSummary = toBase64(await buildEnveloped({ content: new Uint8Array(16), contentAlgorithm: 'aes-256-gcm', recipients }));
  const both = await Promise.allSettled(['1', '2'].map((id) => mailbox.addSummaries([{ id, sealedSummary }])));
  assert.deepEqual(both.map(({ status }) => status), ['rejected', 'rejected']);
  assert.equal(calls, 2);
});
