import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCode } from '../../../static/js/keys/recovery-code.js';
import { Entrance } from '../../../static/js/mail/entrance.js';

/** A door that shows a code to an agent which opens nothing, and the secret that it was given. */
async function refusing() {
  const given = /** @type {Uint8Array[]} */ ([]);
  const grant = { id: 'g', epoch: 1, holderKind: 'recovery', holderReference: 'r', grant: '' };
  const key = { epoch: 1, state: 'current', encryptionCertificate: '', signatureCertificate: '', chain: [], binding: '' };
  const lists = /** @type {Record<string, any[]>} */ ({ 'Grant/get': [grant], 'MailboxKey/get': [key], 'MembershipLog/get': [] });
  const api = { call: async (/** @type {string} */ method) => ({ list: lists[method] }), revocation: async () => ({ crls: [], ocsps: [] }) };
  const room = {
    vault: true,
    call: async (/** @type {string} */ _method, /** @type {any[]} */ [sealed]) => {
      given.push(sealed.unlock.recovery.secret);
      throw Object.assign(new Error('no'), { code: 'RESTORE_UNCONFIRMED' });
    },
  };
  const door = new Entrance(/** @type {any} */ (api), /** @type {any} */ (room));
  await door.presentBeside({ code: await writeCode(new Uint8Array(32).fill(9)) });
  await assert.rejects(door.openMailbox('m'), { code: 'RESTORE_UNCONFIRMED' });
  return { door, given };
}

test('a secret that opened nothing is wiped when the door forgets it', async () => {
  const { door, given: [secret] } = await refusing();
  assert.deepEqual(secret, new Uint8Array(32).fill(9));
  door.forget();
  assert.deepEqual([secret, door.ready], [new Uint8Array(32), false]);
});
