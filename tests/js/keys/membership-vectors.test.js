import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromBase64, fromHex, toBase64, toHex } from '../../../static/js/cms/octets.js';
import { LogRefused } from '../../../static/js/keys/errors.js';
import { decodeGrantBody, decodeMailboxKeys } from '../../../static/js/keys/formats.js';
import { olderEpochs } from '../../../static/js/keys/history.js';
import { isSpent } from '../../../static/js/keys/members.js';
import { replay } from '../../../static/js/keys/membership.js';
import { verifyLogEntry } from '../../../static/js/keys/membership-log.js';

/** @param {string} name @returns {any} */
const read = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));

const file = read('membership/membership.json');
const signers = new Map(file.signers.map((/** @type {any} */ { certificate, identity }) => [certificate, identity]));
/** Each entry once, however many vectors hold it. @type {Map<number, Promise<any>>} */
const verified = new Map();

/** @param {number} place */
function entryAt(place) {
  const known = verified.get(place) ?? verify(file.entries[place]);
  verified.set(place, known);
  return known;
}

/** @param {string} der base64 @returns {Promise<import('../../../static/js/keys/members.js').VerifiedEntry>} */
async function verify(der) {
  const { entry, hash, signer } = await verifyLogEntry(fromBase64(der));
  const certificate = await sha256(signer.der);
  const identity = signers.get(toBase64(certificate));
  if (!identity) throw new LogRefused('signature');
  return { entry, hash, signer: identity, signerSpki: toHex(await sha256(signer.spki)), signerCertificate: toHex(certificate) };
}

/** @param {any} vector */
async function replayed({ entries, bodies, bindings }) {
  const all = await Promise.all(entries.map(entryAt));
  const ders = (/** @type {'bodies' | 'bindings'} */ list, /** @type {number[]} */ places) => places.map((place) => fromBase64(file[list][place]));
  return replay(all, ders('bodies', bodies), ders('bindings', bindings));
}

/** @param {string} person */
const asPair = (person) => [person.slice(0, person.indexOf(' ')), person.slice(person.indexOf(' ') + 1)];
/** @param {string} hex */
const base64Of = (hex) => toBase64(fromHex(hex));

/** @param {import('../../../static/js/keys/members.js').Membership} membership @param {Date} at */
function described(membership, at) {
  return {
    logSeq: membership.head.seq, logHead: toBase64(membership.head.hash), epoch: membership.epoch, historyFloor: membership.historyFloor,
    keyChangeDue: membership.keyChangeDue(at),
    members: membership.members.map(({ digest, person, body, state, seq, by }) => ({ bodyHash: base64Of(digest), person: asPair(person), role: body.role, state, seq, by: by.name })),
    managers: [...membership.managers(at)].map(asPair).sort(),
    policies: [...membership.policies.values()].map((one) => ({ kind: one.policy.kind, hash: base64Of(one.digest), spent: isSpent(one) })),
  };
}

for (const vector of file.vectors) {
  test(`membership: ${vector.name}`, async () => {
    if (vector.expect !== 'ok') {
      await assert.rejects(replayed(vector), (/** @type {any} */ error) => (assert.equal(error.data?.reason, vector.expect), true));
      // What came before the refused act stands.
      if (vector.entries.length > 1) await replayed({ ...vector, entries: vector.entries.slice(0, -1) }).catch((error) => assert.equal(error.data.reason, vector.expect));
      return;
    }
    const { name: _name, entries: _entries, bodies: _bodies, bindings: _bindings, at, expect: _expect, ...expected } = vector;
    assert.deepEqual(described(await replayed(vector), new Date(at)), { ...expected, managers: expected.managers.sort() });
  });
}

const histories = read('history/history.json');
const bindings = Object.entries(histories.spkis).map(([epoch, [encryption, signature]]) => (
  { epoch: Number(epoch), encryptionSpki: fromBase64(encryption), signatureSpki: fromBase64(signature) }));

for (const vector of histories.vectors) {
  test(`history: ${vector.name}`, async () => {
    const opening = (async () => {
      const body = decodeGrantBody(fromBase64(vector.body));
      const keys = decodeMailboxKeys(fromBase64(vector.keys));
      const older = await olderEpochs(body, keys, vector.history ? fromBase64(vector.history) : undefined, bindings);
      return new Map([[body.epoch, keys], ...older]);
    })();
    if (vector.expect !== 'ok') return assert.rejects(opening, { data: { reason: vector.expect } });
    const ring = await opening;
    const secrets = (/** @type {'storageKey' | 'confidentialKey'} */ name) => Object.fromEntries(
      [...ring].flatMap(([epoch, keys]) => (keys[name] ? [[epoch, toBase64(/** @type {Uint8Array} */ (keys[name]))]] : [])));
    assert.deepEqual(secrets('storageKey'), vector.storageKeys);
    assert.deepEqual(secrets('confidentialKey'), vector.confidentialKeys);
  });
}
