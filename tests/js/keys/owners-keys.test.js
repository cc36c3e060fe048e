import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromHex, toHex } from '../../../static/js/cms/octets.js';
import { encodeMailboxKeys, NO_PREVIOUS } from '../../../static/js/keys/formats.js';
import { buildGrant, parseGrant } from '../../../static/js/keys/grants.js';
import { deriveHolderKey } from '../../../static/js/keys/holder-keys.js';
import { makeKeyPair } from '../../../static/js/keys/key-pairs.js';
import { completeByOlder } from '../../../static/js/keys/owners-keys.js';

/** @typedef {import('../../../static/js/keys/formats.js').GrantBody} GrantBody */
/** @typedef {import('../../../static/js/keys/formats.js').MailboxKeys} MailboxKeys */

const MAILBOX = fromHex('00112233445566778899aabbccddeeff');
const SECRET = crypto.getRandomValues(new Uint8Array(32));
const unlock = { recovery: { secret: SECRET } };
const [encryption, signature] = await Promise.all([makeKeyPair('p-384'), makeKeyPair('p-256')]);
const { spki: holderKey } = await deriveHolderKey('recovery', SECRET, MAILBOX);
const spkis = { encryptionSpki: await sha256(encryption.spki), signatureSpki: await sha256(signature.spki) };

/** Keys of an epoch; the storage key says which. @param {number} epoch @param {number} [confidential] filled with it; 0: none @returns {MailboxKeys} */
const keysOf = (epoch, confidential = 0) => ({
  encryptionKey: encryption.pkcs8.slice(), signatureKey: signature.pkcs8.slice(), storageKey: new Uint8Array(32).fill(epoch),
  confidentialKey: confidential ? new Uint8Array(32).fill(confidential) : null,
});

/** @param {number} epoch @param {MailboxKeys} keys @param {Partial<GrantBody>} [more] */
async function grantOf(epoch, keys, more = {}) {
  const der = await buildGrant({
    ...spkis, encryptionCertificate: new Uint8Array(32), signatureCertificate: new Uint8Array(32), mailboxId: MAILBOX, address: 'zoe@pli.example', epoch,
    grantId: crypto.getRandomValues(new Uint8Array(16)), role: 'owner', historyFromEpoch: 1, notBefore: new Date('2026-11-22T12:00:00Z'), notAfter: null,
    holder: { kind: 'recovery', reference: await sha256(holderKey), idType: 'RPPS', idValue: '99700218896', name: 'Zoé Petit' }, holderKey, logSeq: epoch, prevLogHash: NO_PREVIOUS, ...more,
  }, keys);
  return { der, grant: await parseGrant(der) };
}

/** What a log lists. @param {...import('../../../static/js/keys/grants.js').Grant} grants @returns {any} */
const listing = (...grants) => ({ members: grants.map(({ bodyHash }) => ({ digest: toHex(bodyHash) })) });

/** By epoch, the first octet of storage and confidential key. @param {Map<number, MailboxKeys>} ring */
const firstOctets = (ring) => [...ring].map(([epoch, { storageKey, confidentialKey }]) => [epoch, storageKey[0], confidentialKey?.[0] ?? null]);

const newest = await grantOf(4, keysOf(4));
const bare = () => new Map([3, 2, 1].map((epoch) => [epoch, keysOf(epoch)]));

test('an older grant of an owner completes what a manager’s rotation left out', async () => {
  const earlier = [{ epoch: 1, keys: encodeMailboxKeys(keysOf(1, 101)) }];
  const older = await grantOf(2, { ...keysOf(2, 102), earlier });
  const ring = bare();
  await completeByOlder(older.der, { newest: newest.grant, membership: listing(newest.grant, older.grant), unlock, ring });
  assert.deepEqual(firstOctets(ring), [[3, 3, null], [2, 2, 102], [1, 1, 101]]);
});

test('it replaces no key that is there, and brings no epoch and no other key', async () => {
  const older = await grantOf(2, { ...keysOf(77, 102), earlier: [{ epoch: 1, keys: encodeMailboxKeys(keysOf(1, 101)) }] });
  const ring = new Map([[2, keysOf(2, 55)]]);
  await completeByOlder(older.der, { newest: newest.grant, membership: listing(older.grant), unlock, ring });
  assert.deepEqual(firstOctets(ring), [[2, 2, 55]]);
});

for (const [why, epoch, more, listed] of /** @type {[string, number, Partial<GrantBody>, boolean][]} */ ([
  ['that no log lists', 2, {}, false],
  ['of somebody who was no owner', 2, { role: 'manager' }, true],
  ['of another mailbox', 2, { mailboxId: new Uint8Array(16) }, true],
  ['of the same epoch', 4, {}, true],
])) {
  test(`a grant ${why} completes nothing`, async () => {
    const older = await grantOf(epoch, keysOf(epoch, 99), more);
    const ring = bare();
    const beside = { newest: newest.grant, membership: listed ? listing(older.grant) : listing(newest.grant), unlock, ring };
    await assert.rejects(completeByOlder(older.der, beside), { data: { reason: 'not-older' } });
    assert.deepEqual(firstOctets(ring), firstOctets(bare()));
  });
}

test('an older grant opens with the secret of its holder alone', async () => {
  const older = await grantOf(2, keysOf(2, 99));
  const other = { recovery: { secret: new Uint8Array(32) } };
  const beside = { newest: newest.grant, membership: listing(older.grant), unlock: other, ring: bare() };
  await assert.rejects(completeByOlder(older.der, beside), { data: { reason: 'recipient-mismatch' } });
});
