import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sha256 } from '../../../static/js/cms/digest.js';
import { encode, integer, octetString, sequence } from '../../../static/js/cms/der.js';
import { fromBase64, toBase64 } from '../../../static/js/cms/octets.js';
import { PLI_OID } from '../../../static/js/cms/oids.js';
import { algorithmFor, importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { LogRefused } from '../../../static/js/keys/errors.js';
import { NO_PREVIOUS, encodeGrantBody, encodeLogEntry } from '../../../static/js/keys/formats.js';
import { DelegationRefused, checkDelegation, readDelegation } from '../../../static/js/mail/delegation.js';
import { issue } from '../cms/openssl.js';
import { bytes, detached, letter, message, open } from './messages.js';
import { AT, DOCTOR, alice, believing, card, sign } from './people.js';

const { signers, vectors } = JSON.parse(readFileSync(new URL('../../vectors/delegation/delegation.json', import.meta.url), 'utf8'));

for (const vector of vectors) {
  test(`delegation: ${vector.name}: ${vector.expect}`, async () => {
    assert.equal(await outcome(vector), vector.expect);
  });
}

/** @param {any} vector @returns {Promise<string>} */
async function outcome({ delegation, address, signingTime, signatureSpki, card: holder, granter: owner }) {
  try {
    const read = await readDelegation(fromBase64(delegation));
    const hash = toBase64(await sha256(read.signer.der));
    const stands = signers.find((/** @type {any} */ { certificate }) => certificate === hash)?.identity;
    if (!stands) return 'signature';
    const granter = stands.level === 'passkey' ? { idType: '', idValue: '' } : stands;
    checkDelegation(read, { address, signingTime: new Date(signingTime), signatureSpki: fromBase64(signatureSpki), card: holder, granter, granters: [owner] });
    return 'ok';
  } catch (error) {
    if (error instanceof LogRefused) return 'signature';
    if (error instanceof DelegationRefused) return error.reason;
    throw error;
  }
}

const OWNER = { level: 'card', idType: 'RPPS', idValue: '99900002022', name: 'Jeanne Propriétaire', profession: 'Médecin' };
const owner = issue('owner', 'rsa', ['keyUsage=critical,nonRepudiation']);
const WHEN = new Date(Math.floor(AT.getTime() / 1000) * 1000 - 120_000);
const ENTITY = letter();

/** @param {object} [changes] of the grant body @returns {Promise<Uint8Array>} attribute value */
async function delegation(changes = {}) {
  const mailboxId = new Uint8Array(16).fill(7);
  const [hash, spki] = [new Uint8Array(32), await sha256(alice.certificate.spki)];
  const body = encodeGrantBody({
    grantId: new Uint8Array(16), mailboxId, address: 'alice@pli.example', epoch: 1, encryptionSpki: hash, signatureSpki: spki,
    encryptionCertificate: hash, signatureCertificate: hash, role: 'sender', historyFromEpoch: 1, notBefore: new Date(WHEN.getTime() - 86_400_000),
    notAfter: null, logSeq: 0, prevLogHash: NO_PREVIOUS,
    holder: { kind: 'card', reference: hash, idType: 'RPPS', idValue: DOCTOR.idValue, name: DOCTOR.name }, ...changes,
  });
  const entry = { mailboxId, address: 'alice@pli.example', seq: 0, prevHash: NO_PREVIOUS, time: new Date(WHEN.getTime() - 86_400_000), kind: /** @type {const} */ ('genesis'), grants: [await sha256(body)], bindings: [] };
  const logEntry = await buildSigned({
    content: encodeLogEntry(entry), contentType: PLI_OID.logEntry, certificate: owner.certificate,
    sign: await importSigner(owner.pkcs8, algorithmFor(owner.certificate.publicKey)), signedAttributes: { signingTime: entry.time },
  });
  return encode(sequence(integer(1), octetString(logEntry), octetString(body)));
}

/** @type {NonNullable<import('../../../static/js/mail/state.js').Judging['validate']>} */
const validate = async (items) => {
  const answers = await /** @type {any} */ (believing())(items);
  const isOwner = (/** @type {Uint8Array} */ der) => Buffer.compare(der, owner.certificate.der) === 0;
  return items.map(({ certificate }, i) => (isOwner(certificate) ? { ok: true, revocation: 'good', authority: 'Santé', identity: OWNER } : answers[i]));
};

/** @param {Uint8Array | null} value @param {object} [reader] */
async function judge(value, reader = {}) {
  /** @type {{type: string, values: Uint8Array[]}[]} */
  const extra = [{ type: PLI_OID.cardSignature, values: [await sign(bytes(ENTITY), card)] }];
  if (value) extra.push({ type: PLI_OID.delegation, values: [value] });
  const signature = await sign(bytes(ENTITY), alice, { signingTime: WHEN, extra });
  const directory = async () => ({ rppsNumber: OWNER.idValue });
  return (await open(message(await detached(ENTITY, signature)), { validate, directory, ...reader })).signature;
}

/** @param {Parameters<typeof judge>} given */
async function state(...given) {
  const { state: found, reason } = await judge(...given);
  return `${found} ${reason}`;
}

test('a delegate with his own card, let in by whom the directory names: S2', async () => {
  const { state: found, reason, signer, card: part } = await judge(await delegation());
  assert.deepEqual([found, reason], ['S2', 'signed-for-mailbox']);
  assert.deepEqual([signer?.name, signer?.idValue, signer?.address], [DOCTOR.name, DOCTOR.idValue, 'alice@pli.example']);
  assert.equal(part?.authority, 'Santé');
});

test('all certificates of a delegated message go in one question', async () => {
  let calls = 0;
  await judge(await delegation(), { validate: async (/** @type {any} */ items) => { calls++; return validate(items); } });
  assert.equal(calls, 1);
});

test('the same card without a delegation is somebody else: S3', async () => {
  assert.equal(await state(null), 'S3 directory-differs');
});

for (const [name, changes] of Object.entries({
  'of a reader': { role: 'reader' }, 'ended': { notAfter: new Date(WHEN.getTime() - 1000) }, 'not begun': { notBefore: new Date(WHEN.getTime() + 1000) },
  'for another person': { holder: { kind: 'card', reference: new Uint8Array(32), idType: 'RPPS', idValue: '99900003036', name: '' } },
  'of another mailbox key': { signatureSpki: new Uint8Array(32) },
})) {
  test(`a delegation ${name} lets nobody in: S3`, async () => assert.equal(await state(await delegation(changes)), 'S3 delegation-refused'));
}

test('a delegation that cannot be read, or by somebody else than the owner: S3', async () => {
  assert.equal(await state(encode(sequence(integer(1)))), 'S3 delegation-refused');
  assert.equal(await state(await delegation(), { directory: async () => ({ rppsNumber: '99900004044' }) }), 'S3 delegation-refused');
});

test('a manager of the address may delegate too, also of a service that is nobody\'s own: S2', async () => {
  const granters = [{ idType: 'RPPS', idValue: '99900004044' }, { idType: 'RPPS', idValue: OWNER.idValue }];
  assert.equal(await state(await delegation(), { directory: async () => ({ granters }) }), 'S2 signed-for-mailbox');
  assert.equal(await state(await delegation(), { directory: async () => ({ granters: granters.slice(0, 1) }) }), 'S3 delegation-refused');
});

test('where nobody can say who owns the address, the address is proven and no person', async () => {
  const { state: found, reason, signer } = await judge(await delegation(), { directory: async () => null });
  assert.deepEqual([found, reason, signer?.idValue], ['S1b', 'delegation-unchecked', '']);
});

test('fields outside the signature make no S2', async () => {
  const entity = letter({ hp: 'x=y' });
  const extra = [{ type: PLI_OID.cardSignature, values: [await sign(bytes(entity), card)] }, { type: PLI_OID.delegation, values: [await delegation()] }];
  const whole = message(await detached(entity, await sign(bytes(entity), alice, { signingTime: WHEN, extra })));
  const { signature } = await open(whole, { validate, directory: async () => ({ rppsNumber: OWNER.idValue }) });
  assert.deepEqual([signature.state, signature.reason], ['S1b', 'headers-unprotected']);
});

test('a granter whose card cannot be checked proves no person; one whose card is refused lets nobody in', async () => {
  for (const [error, expected] of [['revocation-unknown', 'S1b delegation-unchecked'], ['certificate-untrusted', 'S1b delegation-unchecked'], ['certificate-revoked', 'S3 delegation-refused']]) {
    /** @type {any} */
    const doubting = async (/** @type {any[]} */ items) => (await validate(items)).map((answer, i) => (i === 3 ? { ok: false, error } : answer));
    assert.equal(await state(await delegation(), { validate: doubting }), expected);
  }
});
