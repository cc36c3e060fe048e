/**
 * The page's end of the bridge: JSON-RPC 2.0 inside the secure channel, with blobs for what is larger than a frame,
 * notifications, and a new connection when the bridge comes back. Runs in the crypto worker.
 */
import { toBase64 } from './base64.js';
import { findBridge } from './connection.js';
import { greet } from './greeting.js';
import { BLOB_CHUNK, BridgeError, bridgeError, CONNECTION_ERRORS, INLINE_LIMIT } from './messages.js';
import { StoredIdentity } from './page-key.js';
import { CHANNEL_BROKEN } from './transport.js';

/**
 * @typedef {'idle'|'searching'|'asking'|'pairing'|'ready'|'absent'|'denied'|'unpaired'} ConnectionState
 *   asking: the browser probably asks whether this page may; pairing: a person compares digits, here and at the bridge;
 *   unpaired: a bridge answers that is not paired with this browser: only `pair()` goes on from there
 */

/** First and longest wait before the bridge is looked for again, milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
/** Blob frames under way at once: enough to fill the socket, few enough to stay small in memory. */
const BLOB_WINDOW = 16;
/** Octets that may stay at the bridge; the rest of a socket's 64 MiB is for letters. */
const KEPT_LIMIT = 12 * 1024 * 1024;

/** Of the bridge: the events of this module have names without a dot, and it is alone to fire them. */
const NOTIFICATION = /^\w+\.\w+$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** What leaves a bridge that answers without being ours. @type {readonly string[]} */
const UNPAIRED = Object.freeze([CONNECTION_ERRORS.NOT_PAIRED, CONNECTION_ERRORS.CHANGED, CONNECTION_ERRORS.PAIRING_REFUSED, CONNECTION_ERRORS.NO_STORAGE]);

/**
 * Events: `connection` with detail a ConnectionState; `pairing` with detail {digits: "123 456"}, to be compared and
 * answered by `agree`; each notification under its JSON-RPC method name.
 */
export class BridgeClient extends EventTarget {
  /** @type {ConnectionState} */ state = 'idle';
  #find;
  #page;
  /** @type {(() => void) | null} */ #agreed = null;
  /** The pairing under way; aborted where the person refuses. @type {AbortController | null} */ #pairing = null;
  /** @type {import('./transport.js').Transport | null} */ #transport = null;
  /** @type {Promise<void> | null} */ #connecting = null;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */ #pending = new Map();
  #nextId = 1;
  #nextBlob = 1;
  /** What stays at the bridge for as long as this channel does: names by SHA-256, as promised once. @type {Map<string, Promise<string>>} */ #kept = new Map();
  #keptOctets = 0;
  /** @type {number | undefined} */ #port;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  #wait = FIRST_WAIT;
  #closed = false;
  /** Nothing failed so far: the first socket needs no probe. */ #confident = true;
  /** A bridge that was there comes back; one that never was is looked for when the person asks. */ #wasThere = false;

  /**
   * @param {object} [options]
   * @param {number} [options.port] the last good one
   * @param {import('./connection.js').Find} [options.find] directly, or by the relay window
   * @param {import('./page-key.js').Identity} [options.identity]
   * @param {string} [options.origin]
   */
  constructor({ port, find = findBridge, identity = new StoredIdentity(), origin = globalThis.origin } = {}) {
    super();
    this.#page = { identity, origin };
    this.#port = port;
    this.#find = find;
  }

  /** Where the bridge was found; worth remembering. @returns {number | undefined} */
  get port() {
    return this.#port;
  }

  /**
   * @returns {Promise<void>} once the channel to a paired bridge is open
   * @throws {BridgeError} one of CONNECTION_ERRORS
   */
  connect() {
    return this.#connecting ?? this.#begin(null);
  }

  /**
   * Connect, and pair where this browser and the bridge are not yet: for a click of a person, who then compares digits.
   * @returns {Promise<void>} once both sides agreed
   * @throws {BridgeError} one of CONNECTION_ERRORS
   */
  async pair() {
    await this.#connecting?.catch(() => {});
    this.#pairing = new AbortController();
    await this.#begin({ compare: (digits) => this.#compare(digits), refused: this.#pairing.signal });
  }

  /** What the person says of the digits of `pairing`; false also takes an agreement back while the bridge waits for its own. @param {boolean} same */
  agree(same) {
    if (same) this.#agreed?.();
    else this.#pairing?.abort();
  }

  /** @param {import('./greeting.js').Pairing | null} pairing @returns {Promise<void>} */
  #begin(pairing) {
    if (this.state === 'ready') return Promise.resolve();
    this.#closed = false;
    clearTimeout(this.#retry);
    this.#connecting = this.#connect(pairing).finally(() => (this.#connecting = this.#pairing = this.#agreed = null));
    return this.#connecting;
  }

  /** @param {string} digits @returns {Promise<void>} */
  #compare(digits) {
    this.#enter('pairing');
    return new Promise((resolve) => {
      this.#agreed = resolve;
      this.dispatchEvent(new CustomEvent('pairing', { detail: { digits } }));
    });
  }

  /**
   * @param {string} method
   * @param {Record<string, any>} [params] Uint8Array values become base64, or blobs where they do not fit a frame
   * @param {readonly Uint8Array[]} [lasting] those of them that come with call after call: they travel once
   * @returns {Promise<any>}
   * @throws {BridgeError}
   */
  async call(method, params = {}, lasting = []) {
    await this.connect();
    const encoded = await this.#encode(params, lasting);
    return this.#request(method, encoded).catch((error) => Promise.reject(this.#keepsNothing(error, encoded) ? new BridgeError(CONNECTION_ERRORS.OLD) : error));
  }

  /** Whether a bridge from before anything could stay there refuses what was to stay. @param {unknown} error @param {any} params @returns {boolean} */
  #keepsNothing(error, params) {
    if (!(error instanceof BridgeError && error.code === 'INVALID_PARAMS')) return false;
    const refused = String(error.data.member ?? '').split(/[.[\]]+/).filter(Boolean).reduce((part, name) => part?.[name], params);
    return Boolean(refused?.keep);
  }

  /** No further connection is attempted. */
  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.agree(false);
    this.#transport?.close();
    this.#lose('idle');
  }

  /** @param {import('./greeting.js').Pairing | null} pairing */
  async #connect(pairing) {
    this.#enter('searching');
    const accept = (/** @type {import('./transport.js').Transport} */ transport) => greet(transport, { ...this.#page, ...(pairing && { pairing }) });
    try {
      const { transport, port } = await this.#find(this.#port, { confident: this.#confident, onAsking: () => this.#enter('asking'), accept });
      this.#adopt(transport, port);
    } catch (error) {
      this.#confident = false;
      this.#enter(stateAfter(error));
      if (this.#wasThere && this.state === 'absent') this.#tryLater();
      throw error;
    }
  }

  /**
   * @param {import('./transport.js').Transport} transport
   * @param {number} port
   */
  #adopt(transport, port) {
    if (this.#closed) return transport.close();
    this.#transport = transport;
    this.#port = port;
    this.#wait = FIRST_WAIT;
    this.#wasThere = true;
    transport.onmessage = (bytes) => this.#receive(bytes);
    transport.onclose = () => {
      if (this.#transport !== transport) return; // closed here, and late to say so: another one may be open
      this.#confident = false;
      this.#lose('absent');
      this.#tryLater();
    };
    this.#enter('ready');
  }

  /** @param {ConnectionState} state */
  #lose(state) {
    this.#transport = null;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    this.#kept.clear();
    this.#keptOctets = 0;
    for (const { reject } of lost) reject(new BridgeError(CONNECTION_ERRORS.LOST));
    this.#enter(state);
  }

  #tryLater() {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.connect().catch(() => {}), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** @param {ConnectionState} state */
  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('connection', { detail: state }));
  }

  /**
   * @param {string} method
   * @param {Record<string, any>} params as JSON
   * @returns {Promise<any>}
   */
  #request(method, params) {
    const transport = this.#transport;
    if (!transport) return Promise.reject(new BridgeError(CONNECTION_ERRORS.LOST));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      transport.send(encoder.encode(JSON.stringify({ jsonrpc: '2.0', id, method, params })));
    });
  }

  /** @param {Uint8Array} frame */
  #receive(frame) {
    const message = messageIn(frame);
    if (!message) return this.#transport?.close(CHANNEL_BROKEN);
    if (NOTIFICATION.test(message.method)) return void this.dispatchEvent(new CustomEvent(message.method, { detail: message.params ?? {} }));
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    if (message.error) pending.reject(bridgeError(message.error));
    else pending.resolve(message.result);
  }

  /** @param {Record<string, any>} params @param {readonly Uint8Array[]} lasting */
  async #encode(params, lasting) {
    const kept = await this.#keep(lasting);
    const others = [...binaries(params)].filter((bytes) => !kept.has(bytes));
    const blobs = new Map([...kept, ...(await this.#upload(largest(others)))]);
    return JSON.parse(JSON.stringify(withBinaries(params, (bytes) => blobs.get(bytes) ?? toBase64(bytes))));
  }

  /**
   * The bridge has each once, whoever brought it again; what would crowd out letters is sent with its call.
   * @param {readonly Uint8Array[]} values
   * @returns {Promise<Map<Uint8Array, {blob: string, keep: true}>>}
   */
  async #keep(values) {
    const digests = await Promise.all(values.map(hashOf));
    const named = await Promise.all(values.map(async (bytes, place) => {
      const hash = /** @type {string} */ (digests[place]);
      const name = await (this.#kept.get(hash) ?? this.#keepNew(hash, bytes));
      return /** @type {const} */ ([bytes, name]);
    }));
    return new Map(named.flatMap(([bytes, name]) => (name ? [[bytes, { blob: name, keep: true }]] : [])));
  }

  /** @param {string} hash @param {Uint8Array} bytes @returns {Promise<string> | null} its name; null: there is no room */
  #keepNew(hash, bytes) {
    if (this.#keptOctets + bytes.length > KEPT_LIMIT) return null;
    this.#keptOctets += bytes.length;
    const id = `b${this.#nextBlob++}`;
    const promised = this.#put(id, bytes).then(() => id, (error) => {
      if (this.#kept.get(hash) === promised) { // the next call tries again
        this.#kept.delete(hash);
        this.#keptOctets -= bytes.length;
      }
      throw error;
    });
    this.#kept.set(hash, promised);
    return promised;
  }

  /**
   * @param {Uint8Array[]} values
   * @returns {Promise<Map<Uint8Array, {blob: string}>>}
   */
  async #upload(values) {
    const names = new Map();
    for (const bytes of values) {
      const id = `b${this.#nextBlob++}`;
      await this.#put(id, bytes);
      names.set(bytes, { blob: id });
    }
    return names;
  }

  /**
   * @param {string} id
   * @param {Uint8Array} bytes
   */
  async #put(id, bytes) {
    /** @type {Promise<any>[]} */
    const underWay = [];
    for (let offset = 0; offset < bytes.length; offset += BLOB_CHUNK) {
      const data = toBase64(bytes.subarray(offset, offset + BLOB_CHUNK));
      const piece = this.#request('blob.put', { id, offset, data, last: offset + BLOB_CHUNK >= bytes.length });
      piece.catch(() => {}); // the first that fails tells for those behind it
      underWay.push(piece);
      if (underWay.length >= BLOB_WINDOW) await underWay.shift();
    }
    await Promise.all(underWay);
  }
}

/** @type {WeakMap<Uint8Array, Promise<string>>} */
const hashes = new WeakMap();

/** SHA-256, written out; of megabytes no more than once. @param {Uint8Array} bytes @returns {Promise<string>} */
function hashOf(bytes) {
  const known = hashes.get(bytes) ?? crypto.subtle.digest('SHA-256', /** @type {Uint8Array<ArrayBuffer>} */ (bytes)).then((digest) => String(new Uint8Array(digest)));
  hashes.set(bytes, known);
  return known;
}

/** @param {Uint8Array} frame @returns {any} null: no JSON-RPC message */
function messageIn(frame) {
  try {
    const message = JSON.parse(decoder.decode(frame));
    return message?.jsonrpc === '2.0' ? message : null;
  } catch {
    return null;
  }
}

/** @param {unknown} error @returns {ConnectionState} */
function stateAfter(error) {
  const code = error instanceof BridgeError ? error.code : '';
  if (code === CONNECTION_ERRORS.BLOCKED) return 'denied';
  return UNPAIRED.includes(code) ? 'unpaired' : 'absent';
}

/**
 * Every Uint8Array inside a parameter tree, once.
 * @param {any} value
 * @param {Set<Uint8Array>} [found]
 * @returns {Set<Uint8Array>}
 */
function binaries(value, found = new Set()) {
  if (value instanceof Uint8Array) found.add(value);
  else if (value && typeof value === 'object') for (const member of Object.values(value)) binaries(member, found);
  return found;
}

/**
 * Those that must travel as blobs so that the rest fits one frame, largest first.
 * @param {Uint8Array[]} found
 * @returns {Uint8Array[]}
 */
function largest(found) {
  const sorted = [...found].sort((one, other) => other.length - one.length);
  let inline = sorted.reduce((total, bytes) => total + base64Length(bytes), 0);
  return sorted.filter((bytes) => {
    if (inline <= INLINE_LIMIT) return false;
    inline -= base64Length(bytes);
    return true;
  });
}

/** @param {Uint8Array} bytes */
function base64Length(bytes) {
  return Math.ceil(bytes.length / 3) * 4;
}

/**
 * @param {any} value
 * @param {(bytes: Uint8Array) => any} replace
 * @returns {any}
 */
function withBinaries(value, replace) {
  if (value instanceof Uint8Array) return replace(value);
  if (Array.isArray(value)) return value.map((member) => withBinaries(member, replace));
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withBinaries(member, replace)]));
}
