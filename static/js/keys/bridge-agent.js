/** The key agent that is the bridge: keys stay in its vault, this side only translates shapes. */
import { fromBase64, toBase64 } from '../bridge/base64.js';
import { SIGN_MESSAGES, STORAGE_KEYS, UNWRAP_ITEMS, VALIDATE_ITEMS } from '../bridge/messages.js';
import { importObjectKey } from './objects.js';

/** @typedef {import('./agent.js').KeyAgent} KeyAgent */
/** @typedef {import('./agent.js').ObjectName} ObjectName */
/** @typedef {import('./agent.js').WrappedKey} WrappedKey */

/** Bridge notifications by the names of agent.js. @type {Readonly<Record<import('./agent.js').AgentEvent, string>>} */
const NOTIFICATIONS = Object.freeze({
  'card-inserted': 'card.inserted',
  'card-removed': 'card.removed',
  'card-changed': 'card.changed',
  'grant-ended': 'grant.ended',
  'reader-added': 'reader.added',
  'reader-removed': 'reader.removed',
  'session-ended': 'session.ended',
  'export-wanted': 'export.wanted',
  connection: 'connection',
  pairing: 'pairing',
});

/** @implements {KeyAgent} */
export class BridgeAgent {
  /** @param {import('../bridge/client.js').BridgeClient} client */
  constructor(client) {
    this.client = client;
  }

  /** @type {KeyAgent['status']} */
  async status() {
    const { version, mailboxes } = await this.client.call('bridge.status');
    return { kind: 'bridge', version, mailboxes };
  }

  /** @type {KeyAgent['requestCertificates']} */
  async requestCertificates({ address, encryptionAlgorithm = 'rsa-3072', signatureAlgorithm = 'p-256' }) {
    const answer = await this.client.call('certificate.request', { address, encryptionAlgorithm, signatureAlgorithm });
    return {
      handle: answer.handle,
      encryptionRequest: fromBase64(answer.encryptionRequest),
      signatureRequest: fromBase64(answer.signatureRequest),
    };
  }

  /** @type {KeyAgent['createMailbox']} */
  async createMailbox(certification) {
    const { grant, binding, logEntry, epoch } = await this.client.call('mailbox.create', certification);
    return { grant: fromBase64(grant), binding: fromBase64(binding), logEntry: fromBase64(logEntry), epoch };
  }

  /** @type {KeyAgent['openMailbox']} */
  openMailbox({ restoreAgreed: _, ...sealed }) { // it asks the person itself
    return this.client.call('mailbox.open', sealed);
  }

  /** @type {KeyAgent['objectKeys']} */
  objectKeys(handle, items) {
    return inBatches(items, STORAGE_KEYS, async (batch) => {
      const { keys } = await this.client.call('storage.keys', { handle, items: batch });
      return Promise.all(batch.map((item, index) => importObjectKey(item.class, fromBase64(keys[index]))));
    });
  }

  /** @type {KeyAgent['unwrap']} */
  unwrap(handle, keyClass, items) {
    return inBatches(items, UNWRAP_ITEMS, async (batch) => {
      const answer = await this.client.call('key.unwrap', { handle, class: keyClass, items: batch });
      return answer.items.map((/** @type {{cek: string}} */ item) => fromBase64(item.cek));
    });
  }

  /** @type {KeyAgent['signMessages']} */
  signMessages(handle, messages, { card, listed } = {}) {
    return inBatches(messages, SIGN_MESSAGES, async (batch) => {
      const { signatures } = await this.client.call('message.sign', { handle, ...(card && { card }), ...(listed && { listed }), messages: batch });
      return signatures.map(fromBase64);
    });
  }

  /** @type {KeyAgent['validate']} */
  validate(items, { crls, ocsps }) {
    return inBatches(items, VALIDATE_ITEMS, async (batch) => {
      const responses = distinct([...ocsps, ...batch.flatMap((item) => item.ocsps ?? [])]);
      const asked = batch.map(({ ocsps: _ocsps, ...item }) => item);
      const answer = await this.client.call('certificates.validate', { items: asked, crls, ocsps: responses }, [...crls, ...ocsps]);
      return answer.items;
    });
  }

  /** @type {KeyAgent['members']} */
  members(handle, evidence) {
    return this.client.call('mailbox.members', { handle, evidence });
  }

  /** @type {KeyAgent['makeGrants']} */
  async makeGrants(handle, wish) {
    return actOf(await this.client.call('grant.make', { handle, ...wish }));
  }

  /** @type {KeyAgent['rotate']} */
  async rotate(handle, wish) {
    const answer = await this.client.call('mailbox.rotate', { handle, ...wish });
    return { ...actOf(answer), binding: fromBase64(answer.binding), history: answer.history ? fromBase64(answer.history) : null, epoch: answer.epoch };
  }

  /** @type {KeyAgent['appendLog']} */
  async appendLog(handle, wish) {
    const { logEntry } = await this.client.call('log.append', { handle, ...wish });
    return { logEntry: fromBase64(logEntry) };
  }

  /** @type {KeyAgent['proveCard']} */
  async proveCard(card) {
    const { certificate, chain, proof } = await this.client.call('card.prove', { card });
    return { certificate: fromBase64(certificate), chain: chain.map(fromBase64), proof: fromBase64(proof) };
  }

  /** @type {KeyAgent['recoverySheet']} */
  recoverySheet(handle) {
    return this.client.call('recovery.sheet', { handle });
  }

  /** @type {KeyAgent['dropSheet']} */
  async dropSheet(handle, sheet) {
    await this.client.call('recovery.drop', { handle, sheet });
  }

  /** @type {KeyAgent['makeRecovery']} */
  async makeRecovery(handle, wish) {
    const { grant, logEntry, loginKey } = await this.client.call('recovery.make', { handle, ...wish });
    return { grant: fromBase64(grant), logEntry: fromBase64(logEntry), loginKey: fromBase64(loginKey) };
  }

  /** @type {KeyAgent['makeOfficers']} */
  async makeOfficers(handle, wish) {
    const answer = await this.client.call('officers.make', { handle, ...wish });
    return { ...actOf({ grants: [answer.grant], ...answer }), policy: fromBase64(answer.policy), shares: answer.shares.map(fromBase64) };
  }

  /** @type {KeyAgent['requestRecovery']} */
  async requestRecovery(wish) {
    const { request, handle } = await this.client.call('recovery.request', wish);
    return { request: fromBase64(request), handle };
  }

  /** @type {KeyAgent['releaseShare']} */
  async releaseShare(wish) {
    const { logEntry, release } = await this.client.call('share.release', wish);
    return { logEntry: fromBase64(logEntry), release: fromBase64(release) };
  }

  /** @type {KeyAgent['beginExport']} */
  async beginExport(handle, wish) {
    await this.client.call('export.begin', { handle, ...wish });
  }

  /** @type {KeyAgent['putExport']} */
  putExport(handle, messages) {
    return this.client.call('export.put', { handle, messages });
  }

  /** @type {KeyAgent['endExport']} */
  endExport(handle, trace) {
    return this.client.call('export.end', { handle, trace });
  }

  /** @type {KeyAgent['lock']} */
  async lock(handle) {
    await this.client.call('session.lock', handle ? { handle } : {});
  }

  /** @type {KeyAgent['on']} */
  on(event, listener) {
    const receive = (/** @type {Event} */ received) => listener(/** @type {CustomEvent} */ (received).detail);
    this.client.addEventListener(NOTIFICATIONS[event], receive);
    return () => this.client.removeEventListener(NOTIFICATIONS[event], receive);
  }
}

/** @param {{grants: string[], logEntry: string}} answer @returns {import('./agent.js').GrantAct} */
function actOf({ grants, logEntry }) {
  return { grants: grants.map(fromBase64), logEntry: fromBase64(logEntry) };
}

/** Each once, however many certificates they came with. @param {Uint8Array[]} responses @returns {Uint8Array[]} */
function distinct(responses) {
  return [...new Map(responses.map((response) => [toBase64(response), response])).values()];
}

/**
 * @template T, R
 * @param {T[]} items
 * @param {number} size
 * @param {(batch: T[]) => Promise<R[]>} ask
 * @returns {Promise<R[]>} in the order of the items
 */
async function inBatches(items, size, ask) {
  /** @type {R[]} */
  const answers = [];
  for (let start = 0; start < items.length; start += size) answers.push(...(await ask(items.slice(start, start + size))));
  return answers;
}
