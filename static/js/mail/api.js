/**
 * The only module that talks to the server over HTTP: JMAP (RFC 8620), login and account opening. Every failure is an
 * ApiError whose code says who must act: `offline` (no answer), `server-error`, `session-expired`, or the server's own code.
 */
import { fromBase64 } from '../cms/octets.js';

export const CAPABILITIES = Object.freeze({
  core: 'urn:ietf:params:jmap:core',
  mail: 'urn:ietf:params:jmap:mail',
  submission: 'urn:ietf:params:jmap:submission',
  keys: 'https://pli.example/jmap/keys',
});

/** Method calls of one request (the server's `maxCallsInRequest`). */
const MAX_CALLS = 32;
/** Waits before a read is tried again, milliseconds. */
const RETRY_AFTER = Object.freeze([400, 1_500, 4_000]);

/** The server could not be reached, refused, or answered an error. */
export class ApiError extends Error {
  name = 'ApiError';

  /**
   * @param {string} code stable, see the table of texts
   * @param {Record<string, any>} [data] members of the answer
   * @param {number} [status] HTTP status, 0 where there was no answer
   */
  constructor(code, data = {}, status = 0) {
    super(code);
    this.code = code;
    this.data = data;
    this.status = status;
  }
}

/** @typedef {{signal?: AbortSignal, onProgress?: (done: number, total: number) => void}} TransferOptions */
/** @typedef {[string, Record<string, any>, string]} Invocation RFC 8620 §3.2 */

/**
 * @typedef {object} Account
 * @property {string} name
 * @property {boolean} isPersonal
 * @property {boolean} isReadOnly
 */

/**
 * @typedef {object} JmapSession
 * @property {Record<string, Account>} accounts
 * @property {Record<string, string>} primaryAccounts
 * @property {string} username
 * @property {Record<string, any>} capabilities
 * @property {string} state
 */

export class Api {
  /** @type {{call: Invocation, resolve: (answer: any) => void, reject: (error: Error) => void}[]} */ #queue = [];
  #fetch;
  #wait;

  /**
   * @param {object} [surroundings] what a test replaces
   * @param {typeof fetch} [surroundings.fetch]
   * @param {(milliseconds: number) => Promise<void>} [surroundings.wait]
   */
  constructor({ fetch = globalThis.fetch.bind(globalThis), wait = sleep } = {}) {
    this.#fetch = fetch;
    this.#wait = wait;
  }

  /** @returns {Promise<JmapSession>} */
  async session() {
    const response = await this.#retried(() => this.#send('/.well-known/jmap', { headers: { Accept: 'application/json' } }));
    return response.json();
  }

  /**
   * One JSON route of login, account opening or trust.
   * @param {string} route
   * @param {any} [body]
   * @returns {Promise<any>}
   */
  async post(route, body = {}) {
    const headers = { 'Content-Type': 'application/json', ...csrfHeader() };
    const response = await this.#send(route, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.json();
  }

  /** @returns {Promise<import('../keys/agent.js').Revocation>} what the server relays of all authorities */
  async revocation() {
    const response = await this.#retried(() => this.#send('/trust/crls'));
    const { crls, ocsps } = await response.json();
    return { crls: crls.map(fromBase64), ocsps: ocsps.map(fromBase64) };
  }

  /**
   * Trust anchors for a page without a bridge.
   * @returns {Promise<{anchors: {certificate: Uint8Array, purposes: string[]}[], operatorDomains: string[]}>}
   */
  async trust() {
    const response = await this.#retried(() => this.#send('/trust/anchors'));
    const { anchors, operatorDomains } = await response.json();
    return { anchors: anchors.map((/** @type {any} */ anchor) => ({ ...anchor, certificate: fromBase64(anchor.certificate) })), operatorDomains };
  }

  /**
   * One method call; calls of the same turn travel in one request.
   * @param {string} method
   * @param {Record<string, any>} args
   * @returns {Promise<any>} the arguments of the response
   */
  call(method, args) {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) queueMicrotask(() => this.#flush());
      this.#queue.push({ call: [method, args, String(this.#queue.length)], resolve, reject });
    });
  }

  /**
   * Several calls that refer to each other's results (RFC 8620 §3.7): one request of its own.
   * @param {Invocation[]} calls
   * @returns {Promise<any[]>} the arguments of each call's own response, in order
   */
  async request(calls) {
    const responses = await this.#jmap(calls);
    return calls.map(([method, , id]) => responseTo(method, id, responses));
  }

  /**
   * @param {string} accountId
   * @param {Uint8Array} bytes
   * @param {TransferOptions} [options]
   * @returns {Promise<string>} blobId
   */
  async upload(accountId, bytes, { signal, onProgress } = {}) {
    onProgress?.(0, bytes.length);
    const headers = { 'Content-Type': 'application/octet-stream', ...csrfHeader() };
    const body = /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
    const route = `/jmap/upload/${encodeURIComponent(accountId)}`;
    const response = await this.#retried(() => this.#send(route, { method: 'POST', headers, body, signal }));
    onProgress?.(bytes.length, bytes.length);
    return (await response.json()).blobId;
  }

  /**
   * @param {string} accountId
   * @param {string} blobId
   * @param {TransferOptions} [options]
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async download(accountId, blobId, { signal, onProgress } = {}) {
    const route = `/jmap/download/${encodeURIComponent(accountId)}/${encodeURIComponent(blobId)}`;
    const response = await this.#retried(() => this.#send(route, { signal }));
    return readBody(response, onProgress);
  }

  async #flush() {
    const queued = this.#queue;
    this.#queue = [];
    for (let start = 0; start < queued.length; start += MAX_CALLS) void this.#settle(queued.slice(start, start + MAX_CALLS));
  }

  /** @param {{call: Invocation, resolve: (answer: any) => void, reject: (error: Error) => void}[]} queued */
  async #settle(queued) {
    try {
      const responses = await this.#jmap(queued.map(({ call }) => call));
      for (const { call, resolve, reject } of queued) {
        try {
          resolve(responseTo(call[0], call[2], responses));
        } catch (error) {
          reject(/** @type {Error} */ (error));
        }
      }
    } catch (error) {
      for (const { reject } of queued) reject(/** @type {Error} */ (error));
    }
  }

  /**
   * @param {Invocation[]} methodCalls
   * @returns {Promise<Invocation[]>}
   */
  async #jmap(methodCalls) {
    const body = JSON.stringify({ using: Object.values(CAPABILITIES), methodCalls });
    const headers = { 'Content-Type': 'application/json', ...csrfHeader() };
    const send = () => this.#send('/jmap/api', { method: 'POST', headers, body });
    // A write whose answer was lost may have happened: only reads are tried again.
    const onlyReads = methodCalls.every(([method]) => !/\/(set|import|copy|append)$/.test(method));
    const response = await (onlyReads ? this.#retried(send) : send());
    return (await response.json()).methodResponses;
  }

  /**
   * @param {() => Promise<Response>} send
   * @returns {Promise<Response>}
   */
  async #retried(send) {
    for (const wait of RETRY_AFTER) {
      try {
        return await send();
      } catch (error) {
        if (!(error instanceof ApiError && ['server-error', 'offline'].includes(error.code))) throw error;
        await this.#wait(wait);
      }
    }
    return send();
  }

  /**
   * @param {string} route
   * @param {RequestInit} [init]
   * @returns {Promise<Response>} only a 2xx one
   */
  async #send(route, init = {}) {
    let response;
    try {
      response = await this.#fetch(route, { credentials: 'same-origin', redirect: 'error', cache: 'no-store', ...init });
    } catch (error) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ApiError('offline');
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  if (typeof body.error === 'string') return new ApiError(body.error, body, response.status);
  if (response.status === 401) return new ApiError('session-expired', {}, 401);
  if (response.status >= 500) return new ApiError('server-error', {}, response.status);
  const problem = String(body.type ?? '').split(':').at(-1);
  return new ApiError(problem || 'request-refused', body, response.status);
}

/**
 * @param {string} method
 * @param {string} id
 * @param {Invocation[]} responses
 * @returns {any}
 */
function responseTo(method, id, responses) {
  const found = responses.find(([name, , responseId]) => responseId === id && (name === method || name === 'error'));
  if (!found) throw new ApiError('server-error', { method });
  if (found[0] === 'error') throw new ApiError(found[1].type ?? 'serverFail', { method, ...found[1] });
  return found[1];
}

/**
 * What a `/set` answered for one object.
 * @param {any} answer
 * @param {'created'|'updated'|'destroyed'} verb
 * @param {string} id
 * @returns {any}
 * @throws {ApiError} with the SetError's type as code
 */
export function outcome(answer, verb, id) {
  const failure = answer[`not${verb[0].toUpperCase()}${verb.slice(1)}`]?.[id];
  if (failure) throw new ApiError(failure.type ?? 'serverFail', failure);
  return answer[verb]?.[id] ?? null;
}

/**
 * @param {Response} response
 * @param {((done: number, total: number) => void)} [onProgress]
 */
async function readBody(response, onProgress) {
  const total = Number(response.headers.get('Content-Length') ?? 0);
  if (!onProgress || !response.body || !total) return new Uint8Array(await response.arrayBuffer());
  const reader = fillingReader(response.body);
  return reader ? readInto(reader, total, onProgress) : readPieces(response.body, total, onProgress);
}

/** A reader that fills our own octets, so that the whole is never here twice; WebKit has none. @param {ReadableStream<Uint8Array>} body */
function fillingReader(body) {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}

/** @param {ReadableStreamBYOBReader} reader @param {number} total @param {(done: number, total: number) => void} onProgress */
async function readInto(reader, total, onProgress) {
  let whole = new Uint8Array(total);
  let filled = 0;
  while (filled < total) {
    const { value, done } = await reader.read(whole.subarray(filled));
    if (value) whole = new Uint8Array(value.buffer);
    if (done) break;
    filled += value.length;
    onProgress(filled, total);
  }
  return whole.subarray(0, filled);
}

/** @param {ReadableStream<Uint8Array>} body @param {number} total @param {(done: number, total: number) => void} onProgress */
async function readPieces(body, total, onProgress) {
  const whole = new Uint8Array(total);
  let filled = 0;
  for (const reader = body.getReader(); ; ) {
    const { value, done } = await reader.read();
    if (done) return whole.subarray(0, filled);
    whole.set(value, filled);
    filled += value.length;
    onProgress(filled, total);
  }
}

/** Django's double-submit token, from the cookie it set with the page. @returns {Record<string, string>} */
function csrfHeader() {
  const cookie = globalThis.document?.cookie.split('; ').find((part) => part.startsWith('csrftoken='));
  return cookie ? { 'X-CSRFToken': decodeURIComponent(cookie.slice('csrftoken='.length)) } : {};
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds)).then(() => {});
}
