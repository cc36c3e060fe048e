import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../../static/js/cms/certificate.js';
import { parseEnveloped } from '../../../static/js/cms/enveloped.js';
import { fromBase64, toBase64, utf8 } from '../../../static/js/cms/octets.js';
import { seal } from '../../../static/js/cms/seal.js';
import { forgottenHeads } from '../../../static/js/keys/heads.js';
import { SeenVersions } from '../../../static/js/keys/objects.js';
import { PasskeyAgent } from '../../../static/js/keys/passkey-agent.js';
import { certificatesOf, evidenceOf, readKeyMaterial, sealedMailbox } from '../../../static/js/mail/key-material.js';
import { MembershipActs } from '../../../static/js/mail/membership-acts.js';
import { OpenMailboxes } from '../../../static/js/mail/open-mailboxes.js';
import { hashName } from '../../../static/js/mail/key-material.js';
import { rotate } from '../../../static/js/mail/rotation.js';
import { rotationHands } from '../../../static/js/mail/rotation-hands.js';
import { SealedObjects } from '../../../static/js/mail/sealed.js';
import { certify, makeAuthority } from '../keys/operator.js';
import { SharingServer } from './sharing-server.js';

const ADDRESS = 'zoe@pli.example';
const MAILBOX = '00112233445566778899aabbccddeeff';
const FIRST = { credentialId: utf8('first'), prf: crypto.getRandomValues(new Uint8Array(32)) };
const SECOND = { credentialId: utf8('second'), prf: crypto.getRandomValues(new Uint8Array(32)) };
const operator = makeAuthority('operator');

/** @param {{credentialId: Uint8Array, prf: Uint8Array}} passkey */
const shown = ({ credentialId, prf }) => ({ passkey: { credentialId, prf: prf.slice() } });

/** A page of its own: an agent, the mailbox open in it, its objects and its acts. */
class Page {
  heads = forgottenHeads();
  agent = new PasskeyAgent(this.heads);
  mailboxes = new OpenMailboxes(() => this.agent);
  room = /** @type {any} */ ({ call: (/** @type {string} */ method, /** @type {any[]} */ values = []) => this.#call(method, values) });

  /** @param {SharingServer} server @param {{credentialId: Uint8Array, prf: Uint8Array}} passkey */
  constructor(server, passkey = FIRST) {
    this.server = server;
    this.passkey = passkey;
    const sealer = {
      seal: (/** @type {any} */ name, /** @type {any} */ content) => this.mailboxes.of(MAILBOX).seal(name, content),
      prepare: async () => {},
      open: (/** @type {any} */ name, /** @type {any} */ bytes) => this.mailboxes.of(MAILBOX).open(name, bytes),
    };
    this.objects = new SealedObjects(/** @type {any} */ (server), MAILBOX, sealer, new SeenVersions());
    this.acts = new MembershipActs({
      api: /** @type {any} */ (server), accountId: MAILBOX, room: this.room, objects: this.objects,
      epoch: () => this.mailboxes.of(MAILBOX).epoch, card: () => undefined, prove: async () => {}, reopen: () => this.open(),
      adopt: async (renewed) => this.mailboxes.renew(this.mailboxes.of(MAILBOX), renewed), changed: () => {}, lapsed: () => {}, wait: async () => {},
    });
  }

  /** @param {string} method @param {any[]} values @returns {Promise<any>} */
  async #call(method, values) {
    switch (method) {
      case 'act': return this.mailboxes.act(this.mailboxes.of(MAILBOX), values[0], values[1]);
      case 'forget': return this.mailboxes.forget(values[0]);
      case 'opened': return this.mailboxes.of(MAILBOX).secrets.opened;
      case 'requestCertificates': return this.agent.requestCertificates({ ...values[0], encryptionAlgorithm: 'p-384' });
      default: throw new TypeError(method);
    }
  }

  async open() {
    const material = await readKeyMaterial(/** @type {any} */ (this.server), MAILBOX);
    const newest = [...material.grants].sort((one, other) => other.epoch - one.epoch);
    for (const grant of newest) {
      const sealed = /** @type {any} */ (sealedMailbox(grant, material, shown(this.passkey)));
      const opened = await this.agent.openMailbox(sealed).catch((error) => (error.data?.reason === 'recipient-mismatch' ? null : Promise.reject(error)));
      if (!opened) continue;
      this.mailboxes.adopt({ opened, encryptionCertificate: sealed.encryptionCertificate, certificates: certificatesOf(material.keys), revocation: { crls: [], ocsps: [] } });
      return;
    }
    throw new Error('no grant opens');
  }

  /** What a manager's opening does by itself. */
  async visit() {
    await this.open();
    const { keyChangeDue } = this.mailboxes.of(MAILBOX).secrets.opened;
    if (keyChangeDue) await this.acts.rotate({ onlyIfDue: true });
    else await this.acts.carryOver();
  }

  /** @param {Uint8Array<ArrayBuffer>} cms @param {number} epoch */
  async read(cms, epoch) {
    const { recipients, contentAlgorithm, decrypt } = parseEnveloped(cms);
    const [cek] = await this.mailboxes.of(MAILBOX).unwrap('message', [{ recipientInfo: recipients[0].der, contentAlgorithm: contentAlgorithm.oid, epoch }]);
    return new TextDecoder().decode(await decrypt(cek));
  }
}

const OBJECTS = /** @type {const} */ ([['pins', 'aa'.repeat(16)], ['correspondents', 'bb'.repeat(16)], ['folder', 'cc'.repeat(16)], ['pack', '7061636b'.padEnd(32, '0')], ['draft', 'dd'.repeat(16)]]);
const CARRIED = ['pins', 'correspondents', 'folder'];

/** A mailbox with two passkeys, one of which has just been ended: its key change is due. */
async function dueMailbox() {
  const server = new SharingServer(operator);
  const page = new Page(server);
  const { handle, encryptionRequest, signatureRequest } = await page.agent.requestCertificates({ address: ADDRESS, encryptionAlgorithm: 'p-384' });
  const certificates = { encryptionCertificate: certify('operator', encryptionRequest, 'keyAgreement'), signatureCertificate: certify('operator', signatureRequest, 'digitalSignature') };
  const holder = { passkey: { ...FIRST, prf: FIRST.prf.slice(), name: 'Zoé Petit', idType: '', idValue: '' } };
  const created = await page.agent.createMailbox({ handle, mailboxId: MAILBOX, address: ADDRESS, ...certificates, chain: [operator], crls: [], holder });
  server.pending = { encryptionCertificate: toBase64(certificates.encryptionCertificate), signatureCertificate: toBase64(certificates.signatureCertificate), chain: [toBase64(operator)] };
  await server.take({ logEntry: toBase64(created.logEntry), grants: [toBase64(created.grant)], bindings: [toBase64(created.binding)], kind: 'genesis' });
  await page.open();
  for (const [objectClass, id] of OBJECTS) await page.objects.write(objectClass, id, { holds: objectClass });
  const { evidence } = await evidenceNow(server);
  const second = await page.mailboxes.act(page.mailboxes.of(MAILBOX), 'makeGrants', [{ evidence, kind: 'grant', grants: [{ holder: { passkey: { ...SECOND, prf: SECOND.prf.slice(), name: 'Zoé Petit' } }, role: 'owner', notBefore: '2026-11-22T08:00:00Z', history: 'all' }] }]);
  await server.take({ logEntry: toBase64(second.logEntry), grants: second.grants.map(toBase64), bindings: [], kind: 'grant' });
  const gone = new Page(server, SECOND);
  await gone.open();
  const letter = await seal(utf8('ancienne lettre'), parseCertificate(certificates.encryptionCertificate), 'pli-message');
  return { server, letter, gone };
}

/** @param {SharingServer} server */
async function evidenceNow(server) {
  return { evidence: evidenceOf(await readKeyMaterial(/** @type {any} */ (server), MAILBOX)) };
}

const { server: base, letter, gone } = await dueMailbox();

/** @param {SharingServer} server whatever happened before: now everything is right */
async function assertWhole(server) {
  assert.equal(server.epoch, 2);
  const page = new Page(server);
  await page.open();
  assert.equal(page.mailboxes.of(MAILBOX).secrets.opened.keyChangeDue, false);
  for (const [objectClass, id] of OBJECTS) {
    const record = server.objects.get(id);
    assert.deepEqual(await page.objects.read(record), { holds: objectClass });
    assert.equal(record.epoch, CARRIED.includes(objectClass) ? 2 : 1, `epoch of ${objectClass}`);
  }
  assert.equal(await page.read(letter, 1), 'ancienne lettre');
  const current = server.keys.find(({ state }) => state === 'current');
  const next = await seal(utf8('nouvelle lettre'), parseCertificate(fromBase64(current.encryptionCertificate)), 'pli-message');
  assert.equal(await page.read(next, 2), 'nouvelle lettre');
  await assert.rejects(new Page(server, SECOND).open());
  await assert.rejects(gone.read(next, 1));
  assert.equal(await gone.read(letter, 1), 'ancienne lettre');
}

/** @param {SharingServer} server */
async function endAndRotate(server) {
  const page = new Page(server);
  await page.open();
  const rows = await page.acts.read();
  const second = /** @type {any} */ (rows.find(({ bodyHash }) => bodyHash === server.grants[1]?.bodyHash));
  await page.acts.rotate(second ? { ends: [second.bodyHash] } : { onlyIfDue: true });
}

/** How many writes there are, with nothing in the way. */
const calm = base.copy();
await endAndRotate(calm);
const WRITES = calm.writes.slice();

test('a rotation ends a right, gives the rest again, and carries over what all need [N14]', async () => {
  await assertWhole(calm);
  assert.deepEqual(WRITES.slice(0, 2), ['/keys/certify', 'append']);
  assert.equal(WRITES.length, 2 + 2 * CARRIED.length);
});

for (const [at, name] of WRITES.entries()) {
  for (const when of /** @type {const} */ (['before', 'after'])) {
    for (const closes of [false, true]) {
      test(`cut off ${when} ${name} (${at}), ${closes ? 'for good' : 'for a moment'}: the next visit completes it`, async () => {
        const server = base.copy();
        server.fault = { at, when, closes };
        await endAndRotate(server).catch((error) => assert.equal(error.code, 'offline'));
        server.reopen();
        if (server.epoch === 1) await endAndRotate(server);
        await new Page(server).visit();
        await assertWhole(server);
      });
    }
  }
}

test('who meets another manager’s act begins again from the log as it is', async () => {
  const server = base.copy();
  const [mine, other] = [new Page(server), new Page(server)];
  await Promise.all([mine.open(), other.open()]);
  const second = server.grants[1].bodyHash;
  await other.acts.rotate({ ends: [second] });
  assert.equal(await mine.acts.rotate({ onlyIfDue: true }), false);
  assert.equal(mine.mailboxes.of(MAILBOX).epoch, 2);
  await assertWhole(server);
});

test('gives up where the log moves on at every try', async () => {
  const dropped = /** @type {string[]} */ ([]);
  const hands = /** @type {any} */ ({
    look: async () => ({ evidence: {}, membership: { keyChangeDue: true } }), certify: async () => ({ handle: 'h' }), give: async () => ({}),
    append: async () => false, drop: async (/** @type {string} */ handle) => dropped.push(handle), adopt: async () => assert.fail(), carry: async () => assert.fail(),
  });
  await assert.rejects(rotate(hands), { code: 'log-busy' });
  assert.equal(dropped.length, 4);
});

test('who waited for a confirmation gets no new key, and whoever made it is told', async () => {
  const card = utf8('a certificate');
  const rows = [['active', 'a', 'Anne'], ['pending', 'b', 'Bob'], ['pending', 'c', 'Chloé'], ['ended', 'd', 'Denis'], ['pending', 'e', 'Éva']];
  const members = rows.map(([state, bodyHash, name]) => ({ state, bodyHash, name, reference: bodyHash }));
  members[4].reference = await hashName(card); // proposed anew with the key
  const told = /** @type {string[]} */ ([]);
  const places = { lapsed: (/** @type {any[]} */ some) => told.push(...some.map(({ name }) => name)), adopt: async () => {} };
  const grants = [{ holder: { card: { certificate: card, chain: [] } } }, { holder: { selfCard: { card: 'x' } } }];
  const hands = { ...rotationHands(/** @type {any} */ ({ places }), /** @type {any} */ (grants), []), look: async () => ({ evidence: {}, membership: { members } }), certify: async () => ({ handle: 'h' }), give: async () => ({ epoch: 2 }), carry: async () => {} };
  const order = { ends: ['c'] };
  await rotate(/** @type {any} */ ({ ...hands, append: async () => true }), order);
  assert.deepEqual(told.splice(0), ['Bob']);
  await rotate(/** @type {any} */ ({ ...hands, append: async () => true }));
  assert.deepEqual(told.splice(0), ['Bob', 'Chloé']);
  await assert.rejects(rotate(/** @type {any} */ ({ ...hands, append: async () => false, drop: async () => {} }), order), { code: 'log-busy' });
  assert.deepEqual(told, []);
});

test('keys that came to nothing are forgotten', async () => {
  const server = base.copy();
  const page = new Page(server);
  await page.open();
  server.fault = { at: 1, when: 'before', closes: true };
  await assert.rejects(page.acts.rotate({ ends: [server.grants[1].bodyHash] }), { code: 'offline' });
  assert.equal((await page.agent.status()).mailboxes.length, 1);
});
