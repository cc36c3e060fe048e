import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { importDecryptionKey } from '../../../static/js/cms/decryption-key.js';
import { hkdfKey, sha256 } from '../../../static/js/cms/digest.js';
import { DecryptionError } from '../../../static/js/cms/errors.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { fromBase64, toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { seal } from '../../../static/js/cms/seal.js';
import { GrantRefused, LogRefused } from '../../../static/js/keys/errors.js';
import { decodeBinding, decodeGrantBody, decodeLogEntry, encodeBinding, encodeGrantBody, encodeLogEntry } from '../../../static/js/keys/formats.js';
import { openGrant, openGrantWithSecret, openWithContentKey, parseGrant } from '../../../static/js/keys/grants.js';
import { verifyChain, verifyLogEntry } from '../../../static/js/keys/membership-log.js';
import { OpenedKeys } from '../../../static/js/keys/opened-keys.js';

const FOLDER = new URL('../../vectors/', import.meta.url);

/** @param {string} name @returns {any} */
function read(name) {
  const file = new URL(name, FOLDER);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { vectors: [] };
}

/** @param {Promise<any>} attempt @returns {Promise<string>} 'ok', or the reason of the refusal */
async function outcome(attempt) {
  try {
    await attempt;
    return 'ok';
  } catch (error) {
    if (error instanceof GrantRefused || error instanceof LogRefused) return error.data.reason ?? '';
    if (error instanceof DecryptionError) return error.code;
    throw error;
  }
}

for (const vector of [...read('grants/grants.json').vectors, ...read('grants/holder-keys.json').vectors]) {
  test(`grant: ${vector.name}`, async () => {
    const opening = parseGrant(fromBase64(vector.grant)).then(async (grant) => {
      assert.deepEqual(encodeGrantBody(decodeGrantBody(grant.bodyDer)), grant.bodyDer);
      if (vector.bodyHash) assert.equal(toBase64(grant.bodyHash), vector.bodyHash);
      const keys = await openVector(grant, vector.unlock);
      assert.equal(toBase64(keys.storageKey), vector.storageKey);
    });
    assert.equal(await outcome(opening), vector.expect);
  });
}

/** @param {import('../../../static/js/keys/grants.js').Grant} grant @param {any} unlock */
async function openVector(grant, { passkey, card, secret }) {
  if (secret) return openGrantWithSecret(grant, secret.kind, fromBase64(secret.value));
  if (passkey) return openGrant(grant, { passkey: { credentialId: fromBase64(passkey.credentialId), prf: fromBase64(passkey.prf) } });
  const key = await importDecryptionKey(fromBase64(card.privateKey));
  return openWithContentKey(grant, await key.unwrap(grant.sealed.recipients[0], 32));
}

const chain = read('log/chain.json');
for (const vector of chain.vectors) {
  test(`log: ${vector.name}`, async () => {
    const verifying = Promise.all(vector.entries.map((/** @type {string} */ entry) => verifyLogEntry(fromBase64(entry)))).then(async (entries) => {
      for (const { entry, signer } of entries) {
        assert.deepEqual(decodeLogEntry(encodeLogEntry(entry)), entry);
        if (!chain.acceptedSigners.includes(toBase64(await sha256(signer.der)))) throw new LogRefused('signature');
      }
      const last = vector.last && { seq: vector.last.seq, hash: fromBase64(vector.last.hash) };
      const head = verifyChain(entries, last);
      if (vector.head) assert.deepEqual({ seq: head.seq, hash: toBase64(head.hash) }, { seq: vector.head.seq, hash: vector.head.hash });
    });
    assert.equal(await outcome(verifying), vector.expect);
  });
}

for (const vector of read('log/genesis.json').vectors) {
  test(`genesis structures: ${vector.name}`, async () => {
    const binding = fromBase64(vector.binding);
    if (vector.expect === 'ok') assert.deepEqual(encodeBinding(decodeBinding(binding)), binding);
    if (vector.expect === 'ok') assert.equal((await verifyLogEntry(fromBase64(vector.logEntry))).entry.kind, 'genesis');
  });
}

const seals = read('seals/seals.json');
for (const vector of seals.vectors) {
  test(`seal: ${vector.name}`, async () => {
    const { certificate, privateKey } = seals.keys[vector.key];
    const decryption = await importDecryptionKey(fromBase64(privateKey));
    const encryption = parseCertificate(fromBase64(certificate));
    const storage = await hkdfKey(new Uint8Array(32));
    const keys = new OpenedKeys({ encryption, decryption, storage, confidential: null, sign: async () => new Uint8Array() });
    const keyClass = vector.label === 'pli-summary' ? 'summary' : 'message';
    const opened = await open(keys, fromBase64(vector.seal), keyClass).catch((error) => error);
    if (vector.expect === 'ok') assert.equal(toBase64(opened), vector.content);
    else assert.ok(opened instanceof DecryptionError);
    const again = await seal(utf8('encore'), encryption, vector.label);
    assert.equal(new TextDecoder().decode(await open(keys, again, keyClass)), 'encore');
  });
}

/** @param {OpenedKeys} keys @param {Uint8Array} cms @param {'message' | 'summary'} keyClass */
async function open(keys, cms, keyClass) {
  const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
  const cek = await keys.unwrapOne(keyClass, { recipientInfo: recipients[0].der, contentAlgorithm: contentAlgorithm.oid });
  return decrypt(cek);
}
