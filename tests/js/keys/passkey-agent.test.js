import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate, personOf } from '../../../static/js/cms/certificate.js';
import { sha256 } from '../../../static/js/cms/digest.js';
import { buildEnveloped, parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { encode, generalizedTime, integer, octetString, sequence } from '../../../static/js/cms/der.js';
import { ATTRIBUTE, PLI_OID } from '../../../static/js/cms/oids.js';
import { seal } from '../../../static/js/cms/seal.js';
import { importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned, parseSigned, signerCertificate, verifySigner } from '../../../static/js/cms/signed.js';
import { fromHex, toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { decodeBinding, decodeLogEntry, encodeBinding, encodeGrantBody, encodeLogEntry } from '../../../static/js/keys/formats.js';
import { parseGrant } from '../../../static/js/keys/grants.js';
import { readCode } from '../../../static/js/keys/recovery-code.js';
import { forgottenHeads } from '../../../static/js/keys/heads.js';
import { PasskeyAgent } from '../../../static/js/keys/passkey-agent.js';
import { openssl, put } from '../cms/openssl.js';
import { certify, crossCertify, issueCard, makeAuthority } from './operator.js';

const NO_REVOCATION = Object.freeze({ crls: [], ocsps: [] });
const ADDRESS = 'zoe@pli.example';
const MAILBOX = '00112233445566778899aabbccddeeff';
const PASSKEY = { credentialId: utf8('credential of Zoé'), prf: crypto.getRandomValues(new Uint8Array(32)) };
const HOLDER = { passkey: { ...PASSKEY, name: 'Zoé Petit', idType: '', idValue: '' } };
const operator = makeAuthority('operator');
/** Of somebody else, who also certified the operator's key. */
const mallory = makeAuthority('mallory');
const cross = crossCertify('mallory', 'operator');
const health = makeAuthority('health');

/** @param {PasskeyAgent} agent @param {any} [wish] */
async function create(agent, wish = {}) {
  const { handle, encryptionRequest, signatureRequest } = await agent.requestCertificates({ address: ADDRESS, ...wish });
  const certificates = {
    encryptionCertificate: certify('operator', encryptionRequest, wish.encryptionAlgorithm === 'p-384' ? 'keyAgreement' : 'keyEncipherment'),
    signatureCertificate: certify('operator', signatureRequest, 'digitalSignature'),
    chain: [operator], crls: [],
  };
  const created = await agent.createMailbox({ handle, mailboxId: MAILBOX, address: ADDRESS, ...certificates, holder: HOLDER });
  const sealed = { grant: created.grant, logEntries: [created.logEntry], bindings: [created.binding], ...certificates, unlock: { passkey: PASSKEY } };
  return { handle, created, sealed, ...certificates };
}

const heads = forgottenHeads();
const agent = new PasskeyAgent(heads);
const zoe = await create(agent);
const encryption = parseCertificate(zoe.encryptionCertificate);

/** @param {PasskeyAgent} from @param {string} handle @param {'message' | 'summary'} keyClass @param {Uint8Array} cms */
async function open(from, handle, keyClass, cms) {
  const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
  const [cek] = await from.unwrap(handle, keyClass, [{ recipientInfo: recipients[0].der, contentAlgorithm: contentAlgorithm.oid }]);
  return new TextDecoder().decode(await decrypt(cek));
}

/** @param {Uint8Array} der */
const pem = (der) => openssl(['x509', '-inform', 'DER'], der).toString();

test('requests certificates that OpenSSL verifies, for one address', async () => {
  for (const encryptionAlgorithm of /** @type {const} */ (['rsa-3072', 'p-384'])) {
    const { encryptionRequest, signatureRequest } = await new PasskeyAgent(heads).requestCertificates({ address: ADDRESS, encryptionAlgorithm });
    for (const request of [encryptionRequest, signatureRequest]) {
      const text = openssl(['req', '-inform', 'DER', '-verify', '-noout', '-text'], request).toString();
      assert.match(text, /email:zoe@pli\.example/);
    }
  }
});

test('opens an account and the mailbox again, in another session [DN4]', async () => {
  const other = new PasskeyAgent(forgottenHeads());
  const opened = await other.openMailbox(zoe.sealed);
  assert.deepEqual(
    { address: opened.address, mailboxId: opened.mailboxId, epoch: opened.epoch, role: opened.role, identity: opened.identity, logSeq: opened.logSeq },
    { address: ADDRESS, mailboxId: MAILBOX, epoch: 1, role: 'owner', identity: { level: 'passkey', idType: '', idValue: '', name: 'Zoé Petit', profession: '' }, logSeq: 0 },
  );
  for (const each of [[agent, zoe.handle], [other, opened.handle]]) {
    const [from, handle] = /** @type {[PasskeyAgent, string]} */ (each);
    assert.equal(await open(from, handle, 'message', await seal(utf8('bonjour'), encryption, 'pli-message')), 'bonjour');
  }
});

test('opens a P-384 mailbox', async () => {
  const elliptic = new PasskeyAgent(forgottenHeads());
  const { handle, encryptionCertificate, sealed } = await create(elliptic, { encryptionAlgorithm: 'p-384' });
  const cms = await seal(utf8('bonjour'), parseCertificate(encryptionCertificate), 'pli-summary');
  assert.equal(await open(elliptic, handle, 'summary', cms), 'bonjour');
  await new PasskeyAgent(forgottenHeads()).openMailbox(sealed);
});

test('unwraps each label for its class only, and unlabelled keys as messages', async () => {
  const summary = await seal(utf8('liste'), encryption, 'pli-summary');
  const message = await seal(utf8('lettre'), encryption, 'pli-message');
  assert.equal(await open(agent, zoe.handle, 'summary', summary), 'liste');
  await assert.rejects(open(agent, zoe.handle, 'message', summary), { code: 'decryption-failed' });
  await assert.rejects(open(agent, zoe.handle, 'summary', message), { code: 'decryption-failed' });
  for (const keyAlgorithm of /** @type {const} */ (['rsa-pkcs1', 'rsa-oaep'])) {
    // Authenticated: a wrong key must fail at each run, not at 255 of 256.
    const cms = await buildEnveloped({ content: utf8('outlook'), contentAlgorithm: 'aes-256-gcm', recipients: [{ certificate: encryption, keyAlgorithm }] });
    assert.equal(await open(agent, zoe.handle, 'message', cms), 'outlook');
    await assert.rejects(open(agent, zoe.handle, 'summary', cms), { code: 'decryption-failed' });
  }
});

test('unwraps the keys of old ciphers, as the bridge does', async () => {
  put('letter', 'Ancien courrier');
  put('zoe.pem', pem(zoe.encryptionCertificate));
  for (const cipher of ['-des3', '-rc2-128']) {
    const cms = openssl(['cms', '-encrypt', '-binary', '-in', 'letter', cipher, '-outform', 'DER', '-provider', 'legacy', '-provider', 'default', 'zoe.pem']);
    assert.equal(await open(agent, zoe.handle, 'message', cms), 'Ancien courrier');
  }
});

test('answers nonsense with a key of the right length', async () => {
  const items = ['', 'x', '0\u0003\u0002\u0001\u0001'].map((text) => ({ recipientInfo: utf8(text), contentAlgorithm: '2.16.840.1.101.3.4.1.2' }));
  const ceks = await agent.unwrap(zoe.handle, 'message', items);
  assert.deepEqual(ceks.map((cek) => cek.length), [16, 16, 16]);
  assert.deepEqual(await agent.unwrap(zoe.handle, 'message', items), ceks);
});

test('gives object keys that cannot be exported, and never the history key', async () => {
  const [key, again] = await agent.objectKeys(zoe.handle, [{ class: 'draft', id: '01' }, { class: 'pack', id: '01' }]);
  assert.equal(key.extractable || again.extractable, false);
  await assert.rejects(agent.objectKeys(zoe.handle, [/** @type {any} */ ({ class: 'history', id: '1' })]), { code: 'INVALID_PARAMS' });
  await assert.rejects(agent.objectKeys(zoe.handle, Array.from({ length: 257 }, (_, i) => ({ class: /** @type {const} */ ('pack'), id: String(i) }))), { code: 'INVALID_PARAMS' });
});

const MESSAGE = utf8(`From: Zoé <${ADDRESS}>\r\nTo: alice@pli.example\r\nDate: Sat, 21 Nov 2026 22:00:00 +0000\r\nSubject: avis\r\nContent-Type: text/plain\r\n\r\nBonjour.\r\n`);

test('signs a message with the mailbox key alone, at its Date [CO10]', async () => {
  const [signature] = await agent.signMessages(zoe.handle, [MESSAGE]);
  const signed = parseSigned(signature);
  assert.equal(signed.signers.length, 1);
  const certificate = signerCertificate(signed, signed.signers[0]);
  assert.ok(certificate);
  const verified = await verifySigner(signed, signed.signers[0], MESSAGE, certificate);
  assert.deepEqual(verified.signingTime, new Date('2026-11-21T22:00:00Z'));
  for (const type of [ATTRIBUTE.signingCertificateV2, ATTRIBUTE.smimeCapabilities, ATTRIBUTE.encrypKeyPref]) assert.ok(verified.attributes.has(type));
  assert.ok(!verified.attributes.has(PLI_OID.cardSignature));
  put('message', MESSAGE);
  openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-content', 'message', '-CAfile', 'operator.pem'], signature);
});

test('signs for its own address only', async () => {
  const text = new TextDecoder().decode(MESSAGE);
  for (const other of ['alice@pli.example', `${ADDRESS}, alice@pli.example`]) {
    await assert.rejects(agent.signMessages(zoe.handle, [utf8(text.replace(`Zoé <${ADDRESS}>`, other))]), { code: 'KEY_USE_DENIED' });
  }
  await assert.rejects(agent.signMessages(zoe.handle, [utf8(`From: ${ADDRESS}\r\n${text}`)]), { code: 'KEY_USE_DENIED' });
  await assert.rejects(agent.signMessages(zoe.handle, [MESSAGE], { card: 'c1' }), { code: 'NO_CARD' });
});

test('refuses another passkey, a wrong PRF value and an edited grant', async () => {
  const fresh = () => new PasskeyAgent(forgottenHeads());
  const unlock = (/** @type {any} */ change) => ({ ...zoe.sealed, unlock: { passkey: { ...PASSKEY, ...change } } });
  await assert.rejects(fresh().openMailbox(unlock({ credentialId: utf8('another') })), { code: 'GRANT_REFUSED', data: { reason: 'recipient-mismatch' } });
  await assert.rejects(fresh().openMailbox(unlock({ prf: new Uint8Array(32) })), { code: 'GRANT_REFUSED', data: { reason: 'recipient-mismatch' } });
  const grant = zoe.sealed.grant.slice();
  grant[grant.length - 1] ^= 1;
  await assert.rejects(fresh().openMailbox({ ...zoe.sealed, grant }), { code: 'GRANT_REFUSED', data: { reason: 'sealed' } });
});

test('refuses certificates, bindings and logs other than those of the grant', async () => {
  const stranger = await create(new PasskeyAgent(forgottenHeads()));
  const refused = async (/** @type {any} */ change, /** @type {string} */ reason) => {
    await assert.rejects(new PasskeyAgent(forgottenHeads()).openMailbox({ ...zoe.sealed, ...change }), (/** @type {any} */ error) => error.data?.reason === reason);
  };
  await refused({ encryptionCertificate: stranger.encryptionCertificate }, 'certificate-mismatch');
  await refused({ signatureCertificate: stranger.signatureCertificate }, 'certificate-mismatch');
  await refused({ logEntries: [stranger.created.logEntry] }, 'signature');
  await refused({ logEntries: [] }, 'gap');
  await refused({ bindings: [stranger.created.binding] }, 'signature');
  await refused({ bindings: [] }, 'signature');
});

test('refuses a log that goes back on what it showed', async () => {
  const remembering = forgottenHeads();
  await remembering.set(MAILBOX, { seq: 1, hash: new Uint8Array(32) });
  await assert.rejects(new PasskeyAgent(remembering).openMailbox(zoe.sealed), { code: 'LOG_REFUSED', data: { reason: 'rollback' } });
  await remembering.set(MAILBOX, { seq: 0, hash: new Uint8Array(32) });
  await assert.rejects(new PasskeyAgent(remembering).openMailbox(zoe.sealed), { code: 'LOG_REFUSED', data: { reason: 'fork' } });
});

test('refuses certificates for other keys or for another address', async () => {
  const fresh = new PasskeyAgent(forgottenHeads());
  const { handle, encryptionRequest, signatureRequest } = await fresh.requestCertificates({ address: ADDRESS });
  const honest = {
    handle, mailboxId: MAILBOX, address: ADDRESS, chain: [operator], crls: [], holder: HOLDER,
    encryptionCertificate: certify('operator', encryptionRequest, 'keyEncipherment'),
    signatureCertificate: certify('operator', signatureRequest, 'digitalSignature'),
  };
  const other = { encryptionCertificate: certify('operator', encryptionRequest, 'keyEncipherment', { address: 'bob@pli.example' }) };
  await assert.rejects(fresh.createMailbox({ ...honest, ...other }), { code: 'GRANT_REFUSED' });
  await assert.rejects(fresh.createMailbox({ ...honest, encryptionCertificate: zoe.encryptionCertificate }), { code: 'GRANT_REFUSED' });
  await assert.rejects(fresh.createMailbox({ ...honest, address: 'bob@pli.example' }), { code: 'HANDLE_UNKNOWN' });
  await assert.rejects(fresh.createMailbox({ ...honest, holder: { card: 'c1' } }), { code: 'NO_CARD' });
  await fresh.createMailbox(honest);
});

test('opens no other grant beside the newest than an older one of the same owner', async () => {
  const session = new PasskeyAgent(forgottenHeads());
  await assert.rejects(session.openMailbox({ ...zoe.sealed, older: zoe.created.grant }), { code: 'GRANT_REFUSED', data: { reason: 'not-older' } });
});

test('forgets the keys on lock and says so', async () => {
  const fresh = new PasskeyAgent(forgottenHeads());
  const { handle } = await fresh.openMailbox(zoe.sealed);
  /** @type {any[]} */
  const ended = [];
  fresh.on('session-ended', (detail) => ended.push(detail));
  assert.equal((await fresh.status()).mailboxes.length, 1);
  await fresh.lock(handle);
  assert.deepEqual(ended, [{ handle, reason: 'locked' }]);
  await assert.rejects(fresh.unwrap(handle, 'message', []), { code: 'HANDLE_UNKNOWN' });
  assert.equal((await fresh.status()).mailboxes.length, 0);
});

test('ends a session when its time is over', async () => {
  let now = new Date();
  const fresh = new PasskeyAgent(forgottenHeads(), () => now);
  const { handle } = await fresh.openMailbox(zoe.sealed);
  now = new Date(now.getTime() + 13 * 3600 * 1000);
  await assert.rejects(fresh.objectKeys(handle, []), { code: 'HANDLE_UNKNOWN' });
});

const card = issueCard('health', 'Martin', '99700218896');

/** A binding of Zoé's keys vouched for by a card. @param {Partial<import('../../../static/js/keys/formats.js').Binding>} [change] */
async function vouched(change = {}) {
  const certificate = parseCertificate(card.der);
  const identity = /** @type {const} */ ({ level: 'card', ...personOf(certificate) });
  const binding = encodeBinding({ ...decodeBinding(zoe.created.binding), identity, ...change });
  const time = new Date(Math.floor(Date.now() / 1000) * 1000);
  const genesis = decodeLogEntry(/** @type {Uint8Array} */ (parseSigned(zoe.created.logEntry).content));
  const entry = encodeLogEntry({ ...genesis, time, bindings: [await sha256(binding)] });
  const logEntry = await buildSigned({
    content: entry, contentType: PLI_OID.logEntry, certificate, sign: await importSigner(card.pkcs8, 'rsa-sha256'), signedAttributes: { signingTime: time },
  });
  return { certificate: zoe.encryptionCertificate, chain: [operator], purpose: /** @type {const} */ ('encrypt'), address: ADDRESS, binding, logEntry };
}

test('validates a recipient by path, address, binding and log entry, and claims no more [CO13]', async () => {
  const trusting = new PasskeyAgent(forgottenHeads());
  trusting.trust({
    anchors: [{ certificate: operator, purposes: ['operator'] }, { certificate: health, purposes: ['health-card'] }], operatorDomains: ['pli.example'],
  });
  const verdict = async (/** @type {any} */ item) => (await trusting.validate([item], NO_REVOCATION))[0];
  const good = await verdict(await vouched());
  assert.equal(good.ok, true);
  assert.deepEqual(good.identity, { level: 'card', idType: 'RPPS', idValue: '99700218896', name: 'Zoé Martin', profession: 'Médecin' });
  assert.deepEqual([good.revocation, good.authority, good.emails], ['unchecked', 'operator', [ADDRESS]]);

  const own = { ...(await vouched()), binding: zoe.created.binding, logEntry: zoe.created.logEntry };
  assert.equal((await verdict(own)).identity?.level, 'passkey');

  const byCard = await verdict({ certificate: card.der, chain: [], purpose: 'card-signature' });
  assert.deepEqual([byCard.ok, byCard.error, byCard.identity?.idValue], [false, 'revocation-unknown', '99700218896']);

  const honest = await vouched();
  /** @type {[any, string][]} */
  const refusals = [
    [{ ...honest, binding: undefined }, 'binding-missing'],
    [{ ...honest, address: 'alice@pli.example' }, 'address-mismatch'],
    [{ ...honest, logEntry: zoe.created.logEntry }, 'binding-refused'],
    [{ ...honest, logEntry: honest.logEntry.map((octet, i) => (i === honest.logEntry.length - 5 ? octet ^ 1 : octet)) }, 'binding-refused'],
    [await vouched({ identity: { level: 'card', idType: 'RPPS', idValue: '99900000017', name: 'Autre', profession: '' } }), 'binding-refused'],
    [await vouched({ identity: { level: 'passkey', idType: '', idValue: '', name: 'Zoé', profession: '' } }), 'binding-refused'],
    [await vouched({ encryptionSpki: new Uint8Array(32), signatureSpki: new Uint8Array(32) }), 'binding-refused'],
    [{ ...honest, certificate: zoe.signatureCertificate }, 'wrong-key-usage'],
    [{ ...honest, at: '2020-01-01T00:00:00Z' }, 'certificate-not-yet-valid'],
    [{ ...honest, at: '2040-01-01T00:00:00Z' }, 'certificate-expired'],
    [{ ...honest, certificate: Uint8Array.of(48, 0) }, 'certificate-malformed'],
    [{ certificate: card.der, chain: [], purpose: 'card-authentication' }, 'wrong-key-usage'],
  ];
  for (const [item, error] of refusals) {
    const found = await verdict(item);
    assert.deepEqual([found.ok, found.error], [false, error]);
  }
});

test('believes no certificate below an anchor of another purpose, nor a self-made one', async () => {
  const trusting = new PasskeyAgent(forgottenHeads());
  trusting.trust({ anchors: [{ certificate: operator, purposes: ['health-card'] }] });
  const item = { certificate: zoe.encryptionCertificate, chain: [operator], purpose: /** @type {const} */ ('encrypt') };
  assert.equal((await trusting.validate([item], NO_REVOCATION))[0].error, 'certificate-untrusted');
  const asCa = { certificate: card.der, chain: [health, zoe.signatureCertificate], purpose: /** @type {const} */ ('card-signature') };
  assert.equal((await trusting.validate([asCa], NO_REVOCATION))[0].error, 'certificate-untrusted');
});

// Epochs, unlockers and recovery of a mailbox without a card

/** A mailbox of its own, its evidence growing with each act. */
async function ownMailbox() {
  const vault = new PasskeyAgent(forgottenHeads());
  const { handle, created, sealed } = await create(vault);
  const { body } = await parseGrant(created.grant);
  const evidence = { logEntries: [created.logEntry], bodies: [encodeGrantBody(body)], bindings: [created.binding], chain: [operator], crls: [] };
  /** @param {any} act */
  const append = ({ logEntry, bodies = [], binding }) => {
    evidence.logEntries.push(logEntry);
    evidence.bodies.push(...bodies);
    if (binding) evidence.bindings.push(binding);
  };
  return { vault, handle, created, sealed, evidence, append };
}

/** @param {PasskeyAgent} vault @param {string} handle @param {any} evidence @param {any} [more] */
async function nextEpoch(vault, handle, evidence, more = {}) {
  const made = await vault.requestCertificates({ address: ADDRESS });
  const certificates = {
    encryptionCertificate: certify('operator', made.encryptionRequest, 'keyEncipherment'),
    signatureCertificate: certify('operator', made.signatureRequest, 'digitalSignature'),
  };
  const act = await vault.rotate(handle, { newHandle: made.handle, ...certificates, evidence, holders: [], ...more });
  return { ...act, handle: made.handle, ...certificates };
}

const SECOND = { credentialId: utf8('a second credential'), prf: crypto.getRandomValues(new Uint8Array(32)) };
/** @param {any} holder @returns {import('../../../static/js/keys/agent.js').NewGrant} */
const unlocker = (holder) => ({ holder, role: 'owner', notBefore: '2026-11-22T08:00:00Z', history: 'all' });

test('a second passkey opens the same mailbox, by a log that its own key signed [DN4]', async () => {
  const { vault, handle, evidence, append, sealed } = await ownMailbox();
  const act = await vault.makeGrants(handle, { evidence, kind: 'grant', grants: [unlocker({ passkey: { ...SECOND, prf: SECOND.prf.slice(), name: 'Zoé Petit' } })] });
  append(act);
  const { members } = await vault.members(handle, evidence);
  assert.deepEqual(members.map(({ kind, state, role }) => [kind, state, role]), [['passkey', 'active', 'owner'], ['passkey', 'active', 'owner']]);
  const other = new PasskeyAgent(forgottenHeads());
  const opened = await other.openMailbox({ ...sealed, ...evidence, grant: act.grants[0], unlock: { passkey: SECOND } });
  assert.equal(await open(other, opened.handle, 'message', await seal(utf8('bonjour'), parseCertificate(sealed.encryptionCertificate), 'pli-message')), 'bonjour');
  await assert.rejects(other.openMailbox({ ...sealed, ...evidence, logEntries: evidence.logEntries.slice(0, 1), grant: act.grants[0], unlock: { passkey: SECOND } }), { code: 'LOG_REFUSED', data: { reason: 'rollback' } });
});

/** What an authority states after a backup was put back. @param {string} name @param {Uint8Array} authority @param {{seq: number, head: Uint8Array, time: Date}} facts */
async function restoreStatement(name, authority, { seq, head, time }) {
  const sign = await importSigner(new Uint8Array(openssl(['pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'DER'])), 'ecdsa-sha256');
  const content = encode(sequence(integer(1), octetString(fromHex(MAILBOX)), integer(seq), octetString(head), generalizedTime(time)));
  return buildSigned({ content, contentType: PLI_OID.restore, certificate: parseCertificate(authority), chain: [], sign, signedAttributes: { signingTime: time } });
}

test('[N73] a restored backup opens by the statement of the operator and the word of the person, never by one of both', async () => {
  const { vault, handle, evidence, append, sealed } = await ownMailbox();
  vault.trust({ anchors: [{ certificate: operator, purposes: ['operator'] }] });
  const backup = { ...sealed, logEntries: evidence.logEntries.slice(0, 1) };
  const grow = async (/** @type {string} */ from) => {
    const act = await vault.makeGrants(from, { evidence, kind: 'grant', grants: [unlocker({ passkey: { ...SECOND, prf: SECOND.prf.slice(), name: 'Zoé Petit' } })] });
    append(act);
    await vault.members(from, evidence);
  };
  await grow(handle);
  const refused = (/** @type {any} */ change, /** @type {string} */ reason) => assert.rejects(vault.openMailbox({ ...backup, ...change }), { code: 'LOG_REFUSED', data: { reason } });
  const facts = { seq: 0, head: await sha256(evidence.logEntries[0]), time: new Date(Math.floor(Date.now() / 1000) * 1000) };
  await refused({}, 'rollback');
  await refused({ restoreAgreed: toBase64(await sha256(new Uint8Array())) }, 'rollback');
  await refused({ restore: await restoreStatement('health', health, facts) }, 'restore');
  await refused({ restore: await restoreStatement('operator', operator, { ...facts, time: new Date(facts.time.getTime() - 60_000) }) }, 'rollback');
  await refused({ restore: await restoreStatement('operator', operator, { ...facts, time: new Date(facts.time.getTime() + 3_600_000) }) }, 'restore');
  await refused({ restore: await restoreStatement('operator', operator, { ...facts, head: new Uint8Array(32) }) }, 'fork');
  const restore = await restoreStatement('operator', operator, facts);
  /** @type {any} */
  let asked;
  await assert.rejects(vault.openMailbox({ ...backup, restore }), (/** @type {any} */ error) => { asked = error; return error.code === 'RESTORE_UNCONFIRMED'; });
  assert.deepEqual([asked.data.seq, asked.data.address, asked.data.restoredAt], [0, ADDRESS, facts.time.toISOString()]);
  await refused({}, 'rollback'); // nothing was forgotten
  await assert.rejects(vault.openMailbox({ ...backup, restore, restoreAgreed: 'another statement' }), { code: 'RESTORE_UNCONFIRMED' });
  assert.equal((await vault.openMailbox({ ...backup, restore, restoreAgreed: asked.data.statement })).logSeq, 0);
  const again = await vault.openMailbox({ ...backup, restore }); // nothing has to be forgotten any more
  for (const list of [evidence.logEntries, evidence.bodies]) list.length = 1;
  await grow(again.handle);
  await refused({ restore, restoreAgreed: asked.data.statement }, 'rollback'); // it serves once
});

test('[N73] nobody becomes an authority above a mailbox by certifying the operator’s own key', async () => {
  const { vault, handle, evidence, append, sealed } = await ownMailbox();
  vault.trust({ anchors: [{ certificate: operator, purposes: ['operator'] }] });
  const backup = { ...sealed, logEntries: evidence.logEntries.slice(0, 1) };
  append(await vault.makeGrants(handle, { evidence, kind: 'grant', grants: [unlocker({ passkey: { ...SECOND, prf: SECOND.prf.slice(), name: 'Zoé Petit' } })] }));
  await vault.members(handle, evidence);
  const facts = { seq: 0, head: await sha256(evidence.logEntries[0]), time: new Date(Math.floor(Date.now() / 1000) * 1000) };
  const restore = await restoreStatement('mallory', mallory, facts);
  const chain = [...sealed.chain, cross, mallory];
  const refused = () => assert.rejects(vault.openMailbox({ ...backup, chain, restore }), { code: 'LOG_REFUSED', data: { reason: 'restore' } });
  await refused();
  await vault.openMailbox({ ...sealed, ...evidence, chain });
  await refused(); // an opening with that chain makes no operator of it
  vault.trust({ anchors: [{ certificate: mallory, purposes: ['operator'] }] });
  await refused();
});

test('nobody who certified the operator’s own key vouches for other addresses afterwards', async () => {
  const { vault, evidence, sealed } = await ownMailbox();
  await vault.openMailbox({ ...sealed, ...evidence, chain: [...sealed.chain, cross, mallory] });
  const { encryptionRequest } = await vault.requestCertificates({ address: 'bob@pli.example' });
  const forged = certify('mallory', encryptionRequest, 'keyEncipherment');
  const [verdict] = await vault.validate([{ certificate: forged, chain: [mallory], purpose: 'encrypt' }], NO_REVOCATION);
  assert.deepEqual([verdict.ok, verdict.error], [false, 'certificate-untrusted']);
});

test('a recovery code opens for an hour, reads, and signs nothing', async () => {
  const { vault, handle, evidence, append, sealed } = await ownMailbox();
  const act = await vault.makeRecovery(handle, { evidence });
  append(act);
  assert.equal(act.loginKey.length, 65);
  const secret = await readCode(act.code ?? '');
  const other = new PasskeyAgent(forgottenHeads());
  const opened = await other.openMailbox({ ...sealed, ...evidence, grant: act.grant, unlock: { recovery: { secret } } });
  assert.deepEqual([opened.level, opened.role], ['recovery', 'reader']);
  assert.ok(Date.parse(opened.until ?? '') - Date.now() <= 3600 * 1000);
  await assert.rejects(other.signMessages(opened.handle, [MESSAGE]), { code: 'KEY_USE_DENIED' });
  await assert.rejects(other.makeGrants(opened.handle, { evidence, kind: 'grant', grants: [] }), { code: 'KEY_USE_DENIED' });
  const wrong = { recovery: { secret: secret.map((octet) => octet ^ 1) } };
  await assert.rejects(other.openMailbox({ ...sealed, ...evidence, grant: act.grant, unlock: wrong }), { data: { reason: 'recipient-mismatch' } });
});

test('a new epoch: everybody with a right opens old and new, and who was ended keeps the old alone [N14]', async () => {
  const { vault, handle, evidence, append, sealed, created } = await ownMailbox();
  const second = await vault.makeGrants(handle, { evidence, kind: 'grant', grants: [unlocker({ passkey: { ...SECOND, prf: SECOND.prf.slice(), name: 'Zoé Petit' } })] });
  append(second);
  const first = (await vault.members(handle, evidence)).members[0];
  const gone = new PasskeyAgent(forgottenHeads());
  const kept = await gone.openMailbox({ ...sealed, ...evidence, grant: second.grants[0], unlock: { passkey: SECOND } });

  append(await vault.appendLog(handle, { evidence, kind: 'revoke', hashes: [(await vault.members(handle, evidence)).members[1].bodyHash] }));
  assert.equal((await vault.members(handle, evidence)).keyChangeDue, true);
  const next = await nextEpoch(vault, handle, evidence);
  append(next);
  const after = await vault.members(next.handle, evidence);
  assert.deepEqual([after.epoch, after.keyChangeDue], [2, false]);
  assert.deepEqual(after.members.filter(({ state }) => state === 'active').map(({ reference }) => reference), [first.reference]);

  const letter = await seal(utf8('époque 2'), parseCertificate(next.encryptionCertificate), 'pli-message');
  const old = await seal(utf8('époque 1'), parseCertificate(sealed.encryptionCertificate), 'pli-message');
  const fresh = new PasskeyAgent(forgottenHeads());
  const opened = await fresh.openMailbox({
    ...sealed, ...evidence, grant: next.grants[0], history: next.history ?? undefined, encryptionCertificate: next.encryptionCertificate, signatureCertificate: next.signatureCertificate,
  });
  assert.deepEqual(opened.epochs, [2, 1]);
  for (const [from, name] of /** @type {[PasskeyAgent, string][]} */ ([[fresh, opened.handle], [vault, next.handle]])) {
    assert.equal(await openIn(from, name, 2, letter), 'époque 2');
    assert.equal(await openIn(from, name, 1, old), 'époque 1');
    await assert.rejects(openIn(from, name, 2, old), { code: 'decryption-failed' });
    await assert.rejects(openIn(from, name, 3, letter), { code: 'decryption-failed' });
    const [now, then] = await from.objectKeys(name, [{ class: 'pack', id: '01' }, { class: 'pack', id: '01', epoch: 1 }]);
    const iv = new Uint8Array(12);
    const [one, other] = await Promise.all([now, then].map((key) => crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new Uint8Array(4))));
    assert.notDeepEqual(new Uint8Array(one), new Uint8Array(other));
    await assert.rejects(from.objectKeys(name, [{ class: 'pack', id: '01', epoch: 3 }]), { code: 'KEY_USE_DENIED', data: { reason: 'epoch' } });
  }
  // He holds the keys of epoch 1 opened, and everything the server has.
  assert.equal(await open(gone, kept.handle, 'message', old), 'époque 1');
  await assert.rejects(open(gone, kept.handle, 'message', letter), { code: 'decryption-failed' });
  for (const grant of [...next.grants, ...second.grants]) {
    const attempt = new PasskeyAgent(forgottenHeads()).openMailbox({ ...sealed, ...evidence, grant, history: next.history ?? undefined, encryptionCertificate: next.encryptionCertificate, signatureCertificate: next.signatureCertificate, unlock: { passkey: SECOND } });
    await assert.rejects(attempt, { code: 'GRANT_REFUSED' });
  }
  void created;
});

test('nobody else is let in without a card, and no card is asked for here', async () => {
  const { vault, handle, evidence } = await ownMailbox();
  const card = { card: { certificate: new Uint8Array(1), chain: [] } };
  await assert.rejects(vault.makeGrants(handle, { evidence, kind: 'grant', grants: [unlocker(card)] }), { code: 'UNSUPPORTED' });
  await assert.rejects(vault.appendLog(handle, { evidence, kind: 'confirm', hashes: [] }), { code: 'UNSUPPORTED' });
  await assert.rejects(vault.proveCard('card'), { code: 'UNSUPPORTED' });
  assert.equal(await vault.recoverySheet('handle'), null);
});

/** @param {PasskeyAgent} from @param {string} handle @param {number} epoch @param {Uint8Array} cms */
async function openIn(from, handle, epoch, cms) {
  const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
  const [cek] = await from.unwrap(handle, 'message', [{ recipientInfo: recipients[0].der, contentAlgorithm: contentAlgorithm.oid, epoch }]);
  return new TextDecoder().decode(await decrypt(cek));
}
