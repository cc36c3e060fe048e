import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate, personOf } from '../../../static/js/cms/certificate.js';
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromHex } from '../../../static/js/cms/octets.js';
import { PLI_OID } from '../../../static/js/cms/oids.js';
import { buildRequest } from '../../../static/js/cms/request.js';
import { importSigner } from '../../../static/js/cms/signature.js';
import { buildSigned } from '../../../static/js/cms/signed.js';
import { encodeBinding, encodeGrantBody, encodeLogEntry, NO_PREVIOUS } from '../../../static/js/keys/formats.js';
import { buildGrant } from '../../../static/js/keys/grants.js';
import { forgottenHeads } from '../../../static/js/keys/heads.js';
import { deriveHolderKey } from '../../../static/js/keys/holder-keys.js';
import { makeKeyPair } from '../../../static/js/keys/key-pairs.js';
import { PasskeyAgent } from '../../../static/js/keys/passkey-agent.js';
import { certify, issueCard, makeAuthority } from './operator.js';

/** @typedef {import('../../../static/js/keys/formats.js').GrantBody} GrantBody */
/** @typedef {{certificate: import('../../../static/js/cms/certificate.js').Certificate, pkcs8: Uint8Array, reference: Uint8Array}} Card */

const ADDRESS = 'ward@pli.example';
const MAILBOX = fromHex('00112233445566778899aabbccddeeff');
const PASSKEY = { credentialId: new Uint8Array([1]), prf: crypto.getRandomValues(new Uint8Array(32)) };

/** A mailbox whose log cards sign. */
class Ward {
  /** @type {Uint8Array[]} */ logEntries = [];
  /** @type {Uint8Array[]} */ bodies = [];
  /** @type {Uint8Array[]} */ bindings = [];
  /** @type {any} certificates and keys of the mailbox, made by open() */ made = null;
  /** @type {any} */ alice = null;
  /** @type {any} */ bob = null;
  now = new Date();
  operator = makeAuthority('ward-operator');
  health = makeAuthority('ward-health');

  async open() {
    const [encryption, signature] = await Promise.all([makeKeyPair('p-384'), makeKeyPair('p-256')]);
    const keys = { encryptionKey: encryption.pkcs8, signatureKey: signature.pkcs8, storageKey: new Uint8Array(32) };
    const requests = await Promise.all([encryption, signature].map((pair) => buildRequest({ address: ADDRESS, ...pair })));
    const certificates = [certify('ward-operator', requests[0], 'keyAgreement'), certify('ward-operator', requests[1], 'digitalSignature')];
    const [encryptionSpki, signatureSpki, encryptionCertificate, signatureCertificate] =
      await Promise.all([encryption.spki, signature.spki, ...certificates].map(sha256));
    this.made = { keys, certificates, named: { encryptionSpki, signatureSpki, encryptionCertificate, signatureCertificate } };
    [this.alice, this.bob] = [await this.card('Alice', '99700218896'), await this.card('Bob', '99700218904')];
    this.now = new Date(Math.floor(Date.now() / 1000) * 1000); // their certificates have begun
    const binding = encodeBinding({
      mailboxId: MAILBOX, address: ADDRESS, epoch: 1, encryptionSpki, signatureSpki, notBefore: this.now, notAfter: new Date(this.now.getTime() + 1e9),
      identity: { level: 'card', ...personOf(this.alice.certificate) },
    });
    this.bindings.push(binding);
    await this.act(this.alice, 'genesis', { grants: [await this.body(this.alice, 'owner')], bindings: [binding] });
  }

  /** @param {string} name @param {string} rpps @returns {Promise<Card>} */
  async card(name, rpps) {
    const { der, pkcs8 } = issueCard('ward-health', name, rpps);
    return { certificate: parseCertificate(der), pkcs8, reference: await sha256(der) };
  }

  /** @param {Card} card @param {import('../../../static/js/keys/formats.js').Role} role @param {Partial<GrantBody>} [more] @returns {Promise<GrantBody>} */
  async body({ certificate, reference }, role, more = {}) {
    const { idType, idValue, name } = personOf(certificate);
    return {
      ...this.made.named, mailboxId: MAILBOX, address: ADDRESS, epoch: 1, grantId: crypto.getRandomValues(new Uint8Array(16)), role, historyFromEpoch: 1,
      holder: { kind: 'card', reference, idType, idValue, name }, notBefore: this.now, notAfter: null, holderKey: null, ...(await this.place()), ...more,
    };
  }

  async place() {
    const last = this.logEntries.at(-1);
    return { logSeq: this.logEntries.length, prevLogHash: last ? await sha256(last) : NO_PREVIOUS };
  }

  /** @param {Card} signer @param {any} kind @param {{grants?: GrantBody[], bindings?: Uint8Array[], ends?: GrantBody[]}} listed */
  async act({ certificate, pkcs8 }, kind, { grants = [], bindings = [], ends = [] }) {
    const { logSeq, prevLogHash } = await this.place();
    const [began, over] = await Promise.all([grants, ends].map((bodies) => Promise.all(bodies.map((body) => sha256(encodeGrantBody(body))))));
    const content = encodeLogEntry({
      mailboxId: MAILBOX, address: ADDRESS, seq: logSeq, prevHash: prevLogHash, time: this.now, kind, grants: began,
      bindings: await Promise.all(bindings.map(sha256)), ends: over.length ? over : null, subject: null,
    });
    const sign = await importSigner(pkcs8, 'rsa-sha256');
    this.bodies.push(...grants.map(encodeGrantBody));
    this.logEntries.push(await buildSigned({ content, contentType: PLI_OID.logEntry, certificate, sign, signedAttributes: { signingTime: this.now } }));
  }

  get evidence() {
    const { logEntries, bodies, bindings, operator } = this;
    return { logEntries: [...logEntries], bodies: [...bodies], bindings, chain: [operator], crls: [] };
  }

  /** Bob, whom Alice let in, puts his passkey in his card's place, and opens with it. @param {PasskeyAgent} agent */
  async openByPasskey(agent) {
    const card = await this.body(this.bob, 'sender');
    await this.act(this.alice, 'grant', { grants: [card] });
    const { spki: holderKey } = await deriveHolderKey('passkey', PASSKEY.prf, MAILBOX);
    const holder = { ...card.holder, kind: /** @type {const} */ ('passkey'), reference: await sha256(PASSKEY.credentialId) };
    const body = await this.body(this.bob, 'sender', { holder, holderKey });
    await this.act(this.bob, 'certChange', { grants: [body], ends: [card] });
    agent.trust({ anchors: [{ certificate: this.health, purposes: ['health-card'] }] });
    const { keys, certificates: [encryptionCertificate, signatureCertificate] } = this.made;
    const grant = await buildGrant(body, keys);
    const { handle } = await agent.openMailbox({ ...this.evidence, grant, encryptionCertificate, signatureCertificate, unlock: { passkey: { ...PASSKEY, prf: PASSKEY.prf.slice() } } });
    return { handle, body };
  }
}

test('[N12] an open mailbox ends when the log says that its person lost his right', async () => {
  const ward = new Ward();
  await ward.open();
  const agent = new PasskeyAgent(forgottenHeads());
  const { handle, body } = await ward.openByPasskey(agent);
  const ended = /** @type {any[]} */ ([]);
  agent.on('session-ended', (detail) => ended.push(detail));
  assert.equal((await agent.members(handle, ward.evidence)).members.length, 3);
  assert.deepEqual(ended, []);

  await ward.act(ward.alice, 'revoke', { ends: [body] });
  await assert.rejects(agent.members(handle, ward.evidence), { code: 'GRANT_REFUSED', data: { reason: 'ended' } });
  assert.deepEqual(ended, [{ handle, reason: 'locked' }]);
  await assert.rejects(agent.unwrap(handle, 'message', []), { code: 'HANDLE_UNKNOWN' });
  await assert.rejects(agent.objectKeys(handle, [{ class: 'pack', id: '01' }]), { code: 'HANDLE_UNKNOWN' });
});
