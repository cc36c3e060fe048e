/**
 * Calls between the page and its workers, both ways over one port: results, typed errors, progress, cancellation and
 * events. The scripts that may become a worker are listed here, and nowhere else.
 */

const WORKER_SCRIPTS = Object.freeze({
  crypto: new URL('./crypto.worker.js', import.meta.url).href,
  vault: new URL('./vault.worker.js', import.meta.url).href,
});

/** An error that happened at the other end; `code` and `data` are those of the error thrown there. */
export class RemoteError extends Error {
  /** @param {{name: string, message: string, code: string, data: any}} cause */
  constructor({ name, message, code, data }) {
    super(message);
    this.name = name;
    this.code = code;
    this.data = data;
  }
}

/** The worker was terminated while a call was under way. */
export class WorkerStopped extends Error {
  code = 'worker-stopped';
}

/**
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal]
 * @property {(value: any) => void} [onProgress]
 * @property {Transferable[]} [transfer]
 */

/** @typedef {{signal: AbortSignal, progress: (value: any) => void}} CallContext last argument of every handler */
/** @typedef {(...values: any[]) => any} Handler */
/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, onProgress?: (value: any) => void}} Pending */

/** A result whose buffers move to the other side instead of being copied. */
export class Transferred {
  /**
   * @param {any} value
   * @param {Transferable[]} buffers
   */
  constructor(value, buffers) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** One end of a port: a Worker, a worker's own global scope, or a MessagePort. */
export class Endpoint {
  #next = 1;
  /** @type {Map<number, Pending>} */ #pending = new Map();
  /** @type {Map<number, AbortController>} */ #running = new Map();
  /** @type {Map<string, Handler>} */ #handlers = new Map();
  #events = new EventTarget();
  /** Why nothing is asked here any more. @type {Error | null} */ #closed = null;
  /** @type {any} */ #port;

  /**
   * @param {any} port something with postMessage and addEventListener
   * @param {Record<string, Handler>} [handlers]
   */
  constructor(port, handlers = {}) {
    this.#port = port;
    for (const [method, handler] of Object.entries(handlers)) this.handle(method, handler);
    port.addEventListener('message', (/** @type {MessageEvent} */ event) => this.#receive(event.data));
    port.addEventListener('error', () => this.close(new WorkerStopped('The worker failed')));
    port.start?.();
  }

  /**
   * @param {string} method
   * @param {Handler} handler called with the caller's values, then a CallContext
   */
  handle(method, handler) {
    this.#handlers.set(method, handler);
  }

  /**
   * @param {string} method
   * @param {any[]} [values]
   * @param {CallOptions} [options]
   * @returns {Promise<any>} rejects with RemoteError, WorkerStopped, or the signal's reason
   */
  call(method, values = [], { signal, onProgress, transfer = [] } = {}) {
    signal?.throwIfAborted();
    if (this.#closed) return Promise.reject(this.#closed); // nobody would answer
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => this.#cancel(id, signal.reason), { once: true });
      this.#port.postMessage({ call: id, method, values }, transfer);
    });
  }

  /**
   * @param {string} event
   * @param {any} [detail]
   */
  emit(event, detail) {
    this.#port.postMessage({ event, detail });
  }

  /**
   * @param {string} event
   * @param {(detail: any) => void} listener
   * @returns {() => void}
   */
  on(event, listener) {
    const receive = (/** @type {Event} */ received) => listener(/** @type {CustomEvent} */ (received).detail);
    this.#events.addEventListener(event, receive);
    return () => this.#events.removeEventListener(event, receive);
  }

  /** @param {Error} [reason] what the calls under way are rejected with */
  close(reason = new WorkerStopped('The worker was stopped')) {
    this.#closed ??= reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    for (const controller of this.#running.values()) controller.abort();
    (this.#port.terminate ?? this.#port.close)?.call(this.#port);
  }

  /**
   * @param {number} id
   * @param {any} reason
   */
  #cancel(id, reason) {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.#port.postMessage({ cancel: id });
    pending.reject(reason);
  }

  /** @param {any} message */
  #receive(message) {
    if (typeof message?.call === 'number') void this.#answer(message);
    else if (typeof message?.cancel === 'number') this.#running.get(message.cancel)?.abort();
    else if (typeof message?.event === 'string') this.#events.dispatchEvent(new CustomEvent(message.event, { detail: message.detail }));
    else this.#settle(message);
  }

  /** @param {{progress?: number, result?: number, failed?: number, value: any}} message */
  #settle({ progress, result, failed, value }) {
    const id = progress ?? result ?? failed ?? 0;
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (progress !== undefined) return void pending.onProgress?.(value);
    this.#pending.delete(id);
    if (failed !== undefined) pending.reject(new RemoteError(value));
    else pending.resolve(value);
  }

  /** @param {{call: number, method: string, values: any[]}} request */
  async #answer({ call: id, method, values }) {
    const controller = new AbortController();
    this.#running.set(id, controller);
    const context = { signal: controller.signal, progress: (/** @type {any} */ value) => this.#port.postMessage({ progress: id, value }) };
    try {
      const handler = this.#handlers.get(method);
      if (!handler) throw new TypeError(`No method ${method}`);
      const value = await handler(...values, context);
      if (value instanceof Transferred) this.#port.postMessage({ result: id, value: value.value }, value.buffers);
      else this.#port.postMessage({ result: id, value });
    } catch (error) {
      this.#port.postMessage({ failed: id, value: describe(error) });
    } finally {
      this.#running.delete(id);
    }
  }
}

/** @param {any} error */
function describe(error) {
  return {
    name: String(error?.name ?? 'Error'),
    message: String(error?.message ?? error),
    code: String(error?.code ?? 'unexpected'),
    data: plain(error?.data),
  };
}

/** Only what structured clone surely carries: an error must never fail to travel. @param {any} data */
function plain(data) {
  return data === undefined ? undefined : JSON.parse(JSON.stringify(data));
}

/** @type {any} */
let policy;

/**
 * Trusted Types let only the listed scripts become workers (CSP `require-trusted-types-for 'script'`).
 * @param {keyof typeof WORKER_SCRIPTS} name
 * @returns {Worker}
 */
export function startWorker(name) {
  const trustedTypes = /** @type {any} */ (globalThis).trustedTypes;
  policy ??= trustedTypes?.createPolicy('pli', { createScriptURL: listedScript }) ?? { createScriptURL: listedScript };
  return new Worker(policy.createScriptURL(WORKER_SCRIPTS[name]), { type: 'module', name });
}

/** @param {string} url */
function listedScript(url) {
  if (Object.values(WORKER_SCRIPTS).includes(url)) return url;
  throw new TypeError('Not a listed worker script');
}

/**
 * What a worker calls to be reachable: by its own scope, and by any port handed to it with the event `attach`
 * (so that one worker can serve another without the page in between).
 * @param {(endpoint: Endpoint) => void} offer installs the handlers
 * @returns {Endpoint}
 */
export function serve(offer) {
  const endpoint = new Endpoint(globalThis);
  offer(endpoint);
  endpoint.handle('attach', (/** @type {MessagePort} */ port) => offer(new Endpoint(port)));
  return endpoint;
}
