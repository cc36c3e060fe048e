/**
 * The key agent of a person who has a passkey and no bridge: keys live in this worker, open for the
 * session, and leave it only as per-object keys and content keys (DESIGN §4.9).
 * @module
 */
import { parseCertificate } from '../cms/certificate.js';
import { buildRequest } from '../cms/request.js';
import { fromHex, toBase64, toHex } from '../cms/octets.js';
import { buildSigned, readableCertificates } from '../cms/signed.js';
import { fieldValue, fieldsNamed, parseHeaders } from '../mime/headers.js';
import { parseSingleAddress, sameAddress } from '../mime/address.js';
import { GrantRefused, HandleUnknown, KeyError, Unsupported } from './errors.js';
import { FIRST_EPOCH, buildGenesis, checkCertification } from './genesis.js';
import { openGrant, parseGrant } from './grants.js';
import { olderEpochs } from './history.js';
import { completeByOlder } from './owners-keys.js';
import { makeKeyPair } from './key-pairs.js';
import { personOf } from './members.js';
import { describeMember, describeMembership, rfc3339 } from './membership-view.js';
import { openEpochs } from './opened-epochs.js';
import { wipe } from './opened-keys.js';
import { checkMembership, checkSealedMailbox } from './opening.js';
import { endOwn, grantOwn, makeOwnRecovery, requireOwnLog, rotateOwn } from './passkey-acts.js';
import { checkPath } from './path.js';
import { judgeEntries } from './log-signers.js';
import { putBack } from './restore.js';
import { verdictOn } from './verdicts.js';

/** @typedef {import('./agent.js').KeyAgent} KeyAgent */
/** @typedef {import('./agent.js').AgentEvent} AgentEvent */
/** @typedef {import('./formats.js').MailboxKeys} MailboxKeys */
/** @typedef {import('./heads.js').Heads} Heads */
/** @typedef {{address: string, keys: MailboxKeys, encryptionSpki: Uint8Array, signatureSpki: Uint8Array}} Made keys that wait for their certificates */
/**
 * @typedef {object} Opened
 * @property {string} mailboxId
 * @property {string} address
 * @property {import('./formats.js').Role} role
 * @property {'full' | 'recovery'} level
 * @property {import('./formats.js').Holder} holder of the grant it was opened by
 * @property {import('./opened-epochs.js').OpenedEpochs} keys
 * @property {import('./genesis.js').MailboxCertificates} certificates
 * @property {Date} until
 * @property {ReturnType<typeof setTimeout>} timer
 */

/** A session ends by itself after this long, milliseconds. */
const SESSION = 12 * 3600 * 1000;
/** One opened by a recovery code, which only reads. */
const RECOVERY_SESSION = 3600 * 1000;
const MAX_MESSAGES = 50;
const VERSION = '1';

/** @implements {KeyAgent} */
export class PasskeyAgent {
  /** @type {Map<string, Made>} */ #made = new Map();
  /** @type {Map<string, Opened>} */ #open = new Map();
  /** @type {import('./path.js').Anchor[]} */ #anchors = [];
  /** @type {string[]} */ #operatorDomains = [];
  #events = new EventTarget();
  #heads;
  #now;

  /**
   * @param {Heads} heads
   * @param {() => Date} [now]
   */
  constructor(heads, now = () => new Date()) {
    this.#heads = heads;
    this.#now = now;
  }

  /**
   * Anchors the page was given; without a bridge they are worth what the page is worth.
   * @param {{anchors: {certificate: Uint8Array, purposes: import('./path.js').AnchorPurpose[]}[], operatorDomains?: string[]}} trust
   */
  trust({ anchors, operatorDomains = [] }) {
    this.#anchors.push(...anchors.map(({ certificate, purposes }) => ({ certificate: parseCertificate(certificate), purposes })));
    this.#operatorDomains.push(...operatorDomains.map((domain) => domain.toLowerCase()));
  }

  /** @type {KeyAgent['status']} */
  async status() {
    const mailboxes = [...this.#open].map(([handle, { address, until }]) => ({ handle, address, until: rfc3339(until) }));
    return { kind: 'passkey', version: VERSION, mailboxes };
  }

  /** @type {KeyAgent['requestCertificates']} */
  async requestCertificates({ address, encryptionAlgorithm = 'rsa-3072', signatureAlgorithm = 'p-256' }) {
    const [encryption, signature] = await Promise.all([makeKeyPair(encryptionAlgorithm), makeKeyPair(signatureAlgorithm)]);
    const handle = newHandle();
    const storageKey = crypto.getRandomValues(new Uint8Array(32));
    const confidentialKey = crypto.getRandomValues(new Uint8Array(32));
    const keys = { encryptionKey: encryption.pkcs8, signatureKey: signature.pkcs8, storageKey, confidentialKey };
    this.#made.set(handle, { address, keys, encryptionSpki: encryption.spki, signatureSpki: signature.spki });
    const [encryptionRequest, signatureRequest] = await Promise.all([encryption, signature].map((pair) => buildRequest({ address, ...pair })));
    return { handle, encryptionRequest, signatureRequest };
  }

  /** @type {KeyAgent['createMailbox']} */
  async createMailbox({ handle, mailboxId, address, encryptionCertificate, signatureCertificate, chain, holder }) {
    const made = this.#made.get(handle);
    if (!made || made.address !== address) throw new HandleUnknown();
    if (!('passkey' in holder)) throw new KeyError('NO_CARD');
    const certificates = { encryption: parseCertificate(encryptionCertificate), signature: parseCertificate(signatureCertificate), chain };
    checkCertification(made, certificates);
    const now = wholeSeconds(this.#now());
    const { identity: _, ...created } = await buildGenesis({ mailboxId, address }, made.keys, certificates, holder.passkey, now);
    this.#made.delete(handle);
    const keys = await openEpochs(FIRST_EPOCH, made.keys, certificates);
    const { holder: own } = (await parseGrant(created.grant)).body;
    await this.#keep(handle, { mailboxId, address, role: 'owner', level: 'full', holder: own, keys, certificates });
    return created;
  }

  /** @type {KeyAgent['openMailbox']} */
  async openMailbox(sealed) {
    const { unlock } = sealed;
    if ('card' in unlock) throw new KeyError('NO_CARD');
    if ('officer' in unlock) throw new Unsupported();
    const older = await this.#putBack(sealed);
    const believing = { ...this.#believing(), ...(older && { lastHead: async () => older }) };
    const { grant, membership, certificates } = await checkSealedMailbox(sealed, { ...believing, now: this.#now() });
    const { body } = grant;
    const secrets = await openGrant(grant, unlock);
    const ring = await olderEpochs(body, secrets, /** @type {any} */ (sealed.history), [...membership.bindings.values()]);
    if (sealed.older) await completeByOlder(sealed.older, { newest: grant, membership, unlock, ring });
    const keys = await openEpochs(body.epoch, secrets, certificates, ring);
    const mailboxId = toHex(body.mailboxId);
    await this.#remember(mailboxId, membership, older?.restored);
    const recovered = 'recovery' in unlock;
    const rights = { role: recovered ? /** @type {const} */ ('reader') : body.role, level: /** @type {'full'|'recovery'} */ (recovered ? 'recovery' : 'full') };
    const handle = newHandle();
    const { until } = await this.#keep(handle, { mailboxId, address: body.address, ...rights, holder: body.holder, keys, certificates });
    const { head, members } = membership;
    return {
      handle, mailboxId, address: body.address, epoch: body.epoch, ...rights, epochs: keys.epochs, identity: membership.binding.identity,
      logSeq: head.seq, logHead: toBase64(head.hash), until: rfc3339(until), members: members.map(describeMember),
      keyChangeDue: membership.keyChangeDue(this.#now()),
    };
  }

  /** The head of a log that the operator put back, where the person agreed. @param {import('./agent.js').SealedMailbox} sealed */
  async #putBack(sealed) {
    if (!sealed.restore) return null;
    const { mailboxId } = (await parseGrant(sealed.grant)).body;
    const entries = await judgeEntries(sealed.logEntries, sealed.bindings, this.#anchors);
    const known = await this.#heads.get(toHex(mailboxId));
    const encryptionCertificate = parseCertificate(sealed.encryptionCertificate);
    return putBack({ ...sealed, encryptionCertificate }, { mailboxId, entries, known, anchors: this.#anchors, now: this.#now() });
  }

  /** @param {string} mailboxId @param {import('./members.js').Membership} membership @param {Date} [restored] by default as remembered */
  async #remember(mailboxId, { head, time }, restored) {
    await this.#heads.set(mailboxId, { ...head, time, restored: restored ?? (await this.#heads.get(mailboxId))?.restored });
  }

  /** @returns {Parameters<typeof checkMembership>[2]} */
  #believing() {
    return { lastHead: (mailboxId) => this.#heads.get(toHex(mailboxId)), anchors: this.#anchors };
  }

  /** @type {KeyAgent['members']} */
  async members(handle, evidence) {
    return describeMembership(await this.#membership(handle, evidence), this.#now());
  }

  /** Whoever the log shows to have lost his right holds no keys here, as in a bridge. @param {string} handle @param {import('./agent.js').Evidence} evidence @throws {GrantRefused} ended */
  async #membership(handle, evidence) {
    const { mailboxId, holder } = this.#opened(handle);
    const membership = await checkMembership(evidence, fromHex(mailboxId), this.#believing());
    await this.#remember(mailboxId, membership);
    if (membership.rights(personOf(holder, membership.owner), this.#now())) return membership;
    this.#forget(handle, 'locked');
    throw new GrantRefused('ended');
  }

  /** @type {KeyAgent['makeGrants']} */
  async makeGrants(handle, { evidence, grants, ends = [] }) {
    const { opened, membership, now } = await this.#acting(handle, evidence);
    return grantOwn(opened, membership, grants, ends, now);
  }

  /** @type {KeyAgent['appendLog']} */
  async appendLog(handle, { evidence, kind, hashes }) {
    if (kind !== 'revoke') throw new Unsupported();
    const { opened, membership, now } = await this.#acting(handle, evidence);
    return endOwn(opened, membership, hashes, now);
  }

  /** @type {KeyAgent['makeRecovery']} */
  async makeRecovery(handle, { evidence }) {
    const { opened, membership, now } = await this.#acting(handle, evidence);
    return makeOwnRecovery(opened, membership, now);
  }

  /** @type {KeyAgent['rotate']} */
  async rotate(handle, { newHandle: name, encryptionCertificate, signatureCertificate, evidence, add = [], ends = [] }) {
    if (add.length) throw new Unsupported();
    const { opened, membership, now } = await this.#acting(handle, evidence);
    const made = this.#made.get(name);
    if (!made || made.address !== opened.address) throw new HandleUnknown();
    const certificates = {
      encryption: parseCertificate(encryptionCertificate), signature: parseCertificate(signatureCertificate), chain: opened.certificates.chain,
    };
    checkCertification(made, certificates);
    const act = await rotateOwn(opened, made.keys, certificates, membership, ends, now);
    const keys = await opened.keys.kept.during((older) => openEpochs(act.epoch, made.keys, certificates, older));
    this.#made.delete(name);
    await this.#keep(name, { ...opened, keys, certificates });
    return act;
  }

  /** What an act stands on: a full session, and a log that this mailbox's own key goes on with. @param {string} handle @param {import('./agent.js').Evidence} evidence */
  async #acting(handle, evidence) {
    const opened = this.#opened(handle);
    if (opened.level !== 'full' || opened.role !== 'owner') throw new KeyError('KEY_USE_DENIED', { reason: 'role' });
    const membership = await this.#membership(handle, evidence);
    requireOwnLog(membership);
    return { opened, membership, now: wholeSeconds(this.#now()) };
  }

  /** The page of a passkey session shows its code itself. @type {KeyAgent['recoverySheet']} */
  async recoverySheet() {
    return null;
  }

  /** There is none. @type {KeyAgent['dropSheet']} */
  async dropSheet() {}

  /** @type {KeyAgent['proveCard']} */
  async proveCard() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['makeOfficers']} */
  async makeOfficers() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['requestRecovery']} */
  async requestRecovery() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['releaseShare']} */
  async releaseShare() {
    throw new Unsupported();
  }

  /** Keys leave by the bridge's own command only (DESIGN §4.11). @type {KeyAgent['beginExport']} */
  async beginExport() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['putExport']} */
  async putExport() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['endExport']} */
  async endExport() {
    throw new Unsupported();
  }

  /** @type {KeyAgent['objectKeys']} */
  async objectKeys(handle, items) {
    return this.#opened(handle).keys.objectKeys(items);
  }

  /** @type {KeyAgent['unwrap']} */
  async unwrap(handle, keyClass, items) {
    return this.#opened(handle).keys.unwrap(keyClass, items);
  }

  /** @type {KeyAgent['signMessages']} */
  async signMessages(handle, messages, { card } = {}) {
    const opened = this.#opened(handle);
    if (card) throw new KeyError('NO_CARD');
    if (opened.role === 'reader' || opened.level !== 'full') throw new KeyError('KEY_USE_DENIED');
    if (messages.length > MAX_MESSAGES) throw new KeyError('INVALID_PARAMS');
    return Promise.all(messages.map((message) => this.#sign(opened, message)));
  }

  /** The mailbox SignerInfo alone: there is no card here. @param {Opened} opened @param {Uint8Array} content */
  async #sign({ address, keys, certificates: { encryption, signature, chain } }, content) {
    const headers = parseHeaders(content).fields;
    checkAuthor(headers, address);
    const signedAttributes = { signingTime: dateOf(headers) ?? this.#now(), capabilities: true, encryptionCertificate: encryption };
    return buildSigned({
      content, detached: true, certificate: signature, chain: [encryption.der, ...chain], sign: keys.current.sign, signedAttributes,
    });
  }

  /** @type {KeyAgent['validate']} */
  async validate(items) {
    const trust = { anchors: this.#anchors, operatorDomains: this.#operatorDomains };
    return Promise.all(items.map((item) => verdictOn(item, trust, this.#now())));
  }

  /** Forgets the keys: of one mailbox, or all. @type {KeyAgent['lock']} */
  async lock(handle) {
    const chosen = typeof handle === 'string' ? [handle] : [...this.#open.keys(), ...this.#made.keys()];
    for (const each of chosen) this.#forget(each, 'locked');
  }

  /** @type {KeyAgent['on']} */
  on(event, listener) {
    const receive = (/** @type {Event} */ received) => listener(/** @type {CustomEvent} */ (received).detail);
    this.#events.addEventListener(event, receive);
    return () => this.#events.removeEventListener(event, receive);
  }

  /** @param {string} handle @returns {Opened} */
  #opened(handle) {
    const opened = this.#open.get(handle);
    if (!opened || opened.until <= this.#now()) throw new HandleUnknown();
    return opened;
  }

  /** @param {string} handle @param {Omit<Opened, 'until' | 'timer'>} parts until and timer of another session may come with them @returns {Promise<Opened>} */
  async #keep(handle, parts) {
    await this.#trustOperatorOf(parts);
    const length = parts.level === 'recovery' ? RECOVERY_SESSION : SESSION;
    const until = wholeSeconds(new Date(this.#now().getTime() + length));
    const timer = setTimeout(() => this.#forget(handle, 'expired'), length);
    /** @type {any} */ (timer).unref?.();
    const opened = { ...parts, until, timer };
    this.#open.set(handle, opened);
    return opened;
  }

  /** Whose key signed one's own certificate is the operator. What stands above it in the chain may be anybody. @param {Pick<Opened, 'address' | 'certificates'>} parts */
  async #trustOperatorOf({ address, certificates: { encryption, chain } }) {
    const options = { chain: [], purpose: /** @type {const} */ ('encrypt'), at: encryption.notBefore };
    for (const issuer of readableCertificates(chain)) {
      /** @type {import('./path.js').Anchor} */
      const anchor = { certificate: issuer, purposes: ['operator'] };
      if (await checkPath(encryption, { ...options, anchors: [anchor] }).catch(() => null)) this.#anchors.push(anchor);
    }
    this.#operatorDomains.push(address.split('@')[1]?.toLowerCase() ?? '');
  }

  /** @param {string} handle @param {'locked' | 'expired'} reason */
  #forget(handle, reason) {
    const made = this.#made.get(handle);
    if (made) wipe(made.keys);
    this.#made.delete(handle);
    const opened = this.#open.get(handle);
    if (!opened) return;
    clearTimeout(opened.timer);
    this.#open.delete(handle);
    this.#events.dispatchEvent(new CustomEvent('session-ended', { detail: { handle, reason } }));
  }
}

const newHandle = () => `v_${toHex(crypto.getRandomValues(new Uint8Array(16)))}`;

/** @param {Date} date */
const wholeSeconds = (date) => new Date(Math.floor(date.getTime() / 1000) * 1000);

/**
 * A mailbox signs for its own address, and for exactly one author.
 * @param {import('../mime/headers.js').HeaderField[]} fields @param {string} address
 */
function checkAuthor(fields, address) {
  const [from, second] = fieldsNamed(fields, 'From');
  if (!from || second || !isOnly(from.value, address)) throw new KeyError('KEY_USE_DENIED');
}

/** @param {string} from @param {string} address */
function isOnly(from, address) {
  try {
    return sameAddress(parseSingleAddress(from).address, address);
  } catch {
    return false;
  }
}

/** The signing time is the message's Date: readers compare them. @param {import('../mime/headers.js').HeaderField[]} fields @returns {Date | null} */
function dateOf(fields) {
  const date = new Date(fieldValue(fields, 'Date') ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
