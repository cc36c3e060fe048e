import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as errors from '../../../static/js/cms/errors.js';
import { fromBase64 } from '../../../static/js/cms/octets.js';
import { parseSigned, signerCertificate, verifySigner } from '../../../static/js/cms/signed.js';

const { vectors } = JSON.parse(readFileSync(new URL('../../vectors/signed/signed.json', import.meta.url), 'utf8'));

/** @type {Record<string, Function>} exactly this class */
const REFUSALS = {
  attributes: errors.AttributesError, digest: errors.DigestMismatchError, signature: errors.SignatureError, signer: errors.SignerMismatchError,
  weak: errors.WeakAlgorithmError, unsupported: errors.UnsupportedError,
};

/** @param {string} cms base64 */
async function verify(cms) {
  const signed = parseSigned(fromBase64(cms));
  const certificate = signerCertificate(signed, signed.signers[0]);
  assert.ok(certificate);
  return verifySigner(signed, signed.signers[0], null, certificate);
}

for (const { name, expect, cms } of vectors) {
  test(`${name}: ${expect}`, async () => {
    if (expect === 'ok') await verify(cms);
    else await assert.rejects(verify(cms), (error) => error?.constructor === REFUSALS[expect]);
  });
}
