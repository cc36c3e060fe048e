/**
 * News from the server: StateChange over the JMAP websocket (RFC 8887), with reconnection, and a slow poll while the
 * websocket is away so that nothing is missed.
 */

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
const POLL_EVERY = 20_000;

/** Events: `change` (detail: {accountId: {type: state}} or null for "look at everything"), `online` (detail: boolean). */
export class Push extends EventTarget {
  #open;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #poll;
  #wait = FIRST_WAIT;
  #stopped = true;

  /** @param {() => WebSocket} [open] what a test replaces */
  constructor(open = openSocket) {
    super();
    this.#open = open;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#socket?.close();
    this.#socket = null;
  }

  #connect() {
    const socket = this.#open();
    this.#socket = socket;
    socket.onopen = () => this.#connected(socket);
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => this.#lost(socket);
  }

  /** @param {WebSocket} socket */
  #connected(socket) {
    const missedSome = this.#poll !== undefined;
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#wait = FIRST_WAIT;
    socket.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: null }));
    this.#tell('online', true);
    if (missedSome) this.#tell('change', null);
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (this.#stopped || socket !== this.#socket) return;
    this.#tell('online', false);
    this.#poll ??= setInterval(() => this.#tell('change', null), POLL_EVERY);
    this.#retry = setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** @param {string} text */
  #receive(text) {
    const message = JSON.parse(text);
    if (message['@type'] === 'StateChange') this.#tell('change', message.changed);
  }

  /**
   * @param {string} event
   * @param {any} detail
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

function openSocket() {
  const url = new URL('/jmap/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, 'jmap');
}
