import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenMailboxes } from '../../../static/js/mail/open-mailboxes.js';

const CERTIFICATE = new Uint8Array();

/** Mailboxes of a page whose agent notes what it locks. */
function opened() {
  const locked = /** @type {string[]} */ ([]);
  const mailboxes = new OpenMailboxes(() => /** @type {any} */ ({ lock: async (/** @type {string} */ handle) => void locked.push(handle) }));
  const adopt = (/** @type {string} */ mailboxId, /** @type {string} */ handle) => mailboxes.adopt({
    opened: /** @type {any} */ ({ handle, mailboxId, address: 'a@pli.example', epoch: 1 }), encryptionCertificate: CERTIFICATE, revocation: { crls: [], ocsps: [] }, card: undefined,
  });
  return { mailboxes, adopt, locked };
}

/** @param {OpenMailboxes} mailboxes @param {string} handle */
const ends = (mailboxes, handle) => mailboxes.concerns('session-ended', { handle, reason: 'locked' });

test('a session ends for the mailboxes of this page alone, shown or not', () => {
  const { mailboxes, adopt } = opened();
  adopt('m1', 'h1');
  adopt('m2', 'h2');
  assert.deepEqual(['h1', 'h2', 'of-another-tab'].map((handle) => ends(mailboxes, handle)), [true, true, false]);
});

test('the handle of an epoch that a rotation left behind ends nothing', () => {
  const { mailboxes, adopt, locked } = opened();
  adopt('m1', 'old');
  mailboxes.renew(mailboxes.of('m1'), { handle: 'new', epoch: 2, encryptionCertificate: CERTIFICATE });
  assert.deepEqual(locked, ['old']);
  assert.deepEqual(['old', 'new'].map((handle) => ends(mailboxes, handle)), [false, true]);
});

test('what was dropped or locked ends nothing more', async () => {
  const { mailboxes, adopt } = opened();
  adopt('m1', 'h1');
  adopt('m2', 'h2');
  await mailboxes.drop('m1');
  assert.equal(ends(mailboxes, 'h1'), false);
  await mailboxes.lock();
  assert.equal(ends(mailboxes, 'h2'), false);
});

test('everything else that an agent says is passed on', () => {
  const { mailboxes } = opened();
  for (const event of ['card-removed', 'connection', 'export-wanted']) assert.equal(mailboxes.concerns(event, {}), true);
});
