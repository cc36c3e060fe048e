/**
 * A server of one mailbox for the tests of acts: it keeps what it is given, refuses what is not the next entry, and can fail at
 * any write, before it happened or after.
 * @module
 */
import { sha256 } from '../../../static/js/cms/digest.js';
import { fromBase64, toBase64, toHex } from '../../../static/js/cms/octets.js';
import { decodeGrant, decodeGrantBody } from '../../../static/js/keys/formats.js';
import { verifyLogEntry } from '../../../static/js/keys/membership-log.js';
import { ApiError } from '../../../static/js/mail/api.js';
import { certify } from '../keys/operator.js';

/** @typedef {{at: number, when: 'before' | 'after', closes: boolean}} Fault at: which write; when: before it happened, or after; closes: nothing of this page goes on */

export class SharingServer {
  /** @type {any[]} */ log = [];
  /** @type {any[]} */ keys = [];
  /** @type {any[]} */ grants = [];
  /** @type {any} */ pending = null;
  /** @type {Map<string, any>} */ objects = new Map();
  /** @type {Map<string, Uint8Array>} */ blobs = new Map();
  /** What was written, in order. @type {string[]} */ writes = [];
  /** @type {Fault | null} */ fault = null;
  closed = false;

  /** @param {Uint8Array} authority certificate of the operator, DER */
  constructor(authority) {
    this.authority = authority;
  }

  /** Another one with the same contents. */
  copy() {
    const other = new SharingServer(this.authority);
    Object.assign(other, structuredClone({ log: this.log, keys: this.keys, grants: this.grants }));
    other.objects = new Map(this.objects);
    other.blobs = new Map(this.blobs);
    return other;
  }

  get epoch() {
    return this.keys.find(({ state }) => state === 'current')?.epoch ?? 0;
  }

  /** The tab was closed and is open again. */
  reopen() {
    this.closed = false;
    this.fault = null;
  }

  // The face of mail/api.js

  /** @param {string} route @param {any} body */
  async post(route, body) {
    if (route !== '/keys/certify') throw new ApiError('not-found');
    return this.#write(route, () => this.#certify(body));
  }

  async revocation() {
    return { crls: [], ocsps: [] };
  }

  /** @param {string} _account @param {Uint8Array} bytes */
  async upload(_account, bytes) {
    return this.#write('upload', () => {
      const id = `b${this.blobs.size}`;
      this.blobs.set(id, bytes.slice());
      return id;
    });
  }

  /** @param {string} _account @param {string} blobId */
  async download(_account, blobId) {
    this.#alive();
    return this.blobs.get(blobId)?.slice();
  }

  /** @param {string} method @param {any} args */
  async call(method, args) {
    this.#alive();
    switch (method) {
      case 'Grant/get': return { list: structuredClone(this.grants) };
      case 'MailboxKey/get': return { list: structuredClone(this.keys) };
      case 'MembershipLog/get': return { list: structuredClone(this.log) };
      case 'SealedObject/get': return { list: [...this.objects.values()].filter((each) => (args.ids ? args.ids.includes(each.id) : each.class === args.class)) };
      case 'SealedObject/set': return this.#write(`object ${Object.keys(args.create ?? args.update)}`, () => this.#setObject(args));
      case 'Membership/append': return this.#write('append', () => this.#append(args));
      default: throw new ApiError('unknownMethod');
    }
  }

  #alive() {
    if (this.closed) throw new ApiError('offline');
  }

  /** @template T @param {string} name @param {() => T | Promise<T>} write @returns {Promise<T>} */
  async #write(name, write) {
    this.#alive();
    const strikes = this.fault !== null && this.writes.length === this.fault.at;
    if (strikes && this.fault?.when === 'before') this.#strike(name);
    const result = await write();
    this.writes.push(name);
    if (strikes) this.#strike(null);
    return result;
  }

  /** @param {string | null} name of a write that did not happen */
  #strike(name) {
    if (name) this.writes.push(`${name} (lost)`);
    this.closed = this.fault?.closes ?? false;
    throw new ApiError('offline');
  }

  /** @param {any} body */
  #certify({ encryptionRequest, signatureRequest }) {
    const encryption = certify('operator', fromBase64(encryptionRequest), 'keyAgreement');
    const signature = certify('operator', fromBase64(signatureRequest), 'digitalSignature');
    this.pending = { encryptionCertificate: toBase64(encryption), signatureCertificate: toBase64(signature), chain: [toBase64(this.authority)] };
    return this.pending;
  }

  /** @param {any} args */
  async #append({ logEntry, grants, bindings, history }) {
    const known = this.log.find(({ entry }) => entry === logEntry);
    if (known) return { seq: known.seq };
    const { entry } = await verifyLogEntry(fromBase64(logEntry));
    const last = this.log.at(-1);
    const head = last ? toHex(await sha256(fromBase64(last.entry))) : '00'.repeat(32);
    if (entry.seq !== this.log.length || toHex(entry.prevHash) !== head) throw new ApiError('stateMismatch');
    await this.take({ logEntry, grants, bindings, history, kind: entry.kind, ends: (entry.ends ?? []).map(toBase64) });
    return { seq: entry.seq };
  }

  /** @param {{logEntry: string, grants: string[], bindings: string[], history?: string, kind: string, ends?: string[]}} act */
  async take({ logEntry, grants, bindings, history, kind, ends = [] }) {
    const bodies = grants.map((grant) => decodeGrant(fromBase64(grant)).body);
    const records = await Promise.all(bodies.map(async (body, index) => {
      const { epoch, holder: { kind: holderKind, reference } } = decodeGrantBody(body);
      return { id: toHex(body.slice(4, 20)), bodyHash: toBase64(await sha256(body)), epoch, holderKind, holderReference: toHex(reference), grant: grants[index] };
    }));
    this.log.push({ id: String(this.log.length), seq: this.log.length, entry: logEntry, bodies: bodies.map(toBase64), bindings });
    this.grants = [...(kind === 'rotate' ? [] : this.grants.filter(({ bodyHash }) => !ends.includes(bodyHash))), ...records];
    if (kind === 'rotate' || kind === 'genesis') this.#take(bindings[0], history, records[0].epoch);
  }

  /** @param {string} binding @param {string | undefined} history @param {number} epoch */
  #take(binding, history, epoch) {
    for (const key of this.keys) key.state = 'retired';
    this.keys.push({ ...this.pending, epoch, binding, history: history ?? null, state: 'current' });
    this.pending = null;
  }

  /** @param {any} args */
  #setObject({ create, update }) {
    const [[id, members]] = Object.entries(create ?? update);
    const stored = this.objects.get(id);
    if (create && stored) return { notCreated: { [id]: { type: 'alreadyExists' } } };
    if (update && members.version !== stored?.version + 1) return { notUpdated: { [id]: { type: 'stateMismatch' } } };
    this.objects.set(id, { ...stored, ...members, id, updatedAt: '2026-11-22T08:00:00Z' });
    return create ? { created: { [id]: {} } } : { updated: { [id]: {} } };
  }
}
