/**
 * Finding the bridge: which of the eight ports answers, and whether the browser lets the page ask at all
 * (Local Network Access, `loopback-network`).
 */
import { BridgeError, CONNECTION_ERRORS, PORTS, SUBPROTOCOL } from './messages.js';

/** Silence after which the browser is probably asking the person. */
const ASKING_AFTER = 1_500;
/** Silence after which another program holds the port. Chromium alone delays sockets by up to five seconds. */
const SILENT_PORT = 10_000;
/** How long a person may look at the browser's question. */
const PERMISSION_PATIENCE = 120_000;

/** @typedef {'granted'|'denied'|'prompt'|'unknown'} Permission */

/**
 * @typedef {object} Surroundings what a test replaces
 * @property {typeof WebSocket} WebSocket
 * @property {() => Promise<Permission>} permission
 * @property {(port: number, patience: number) => Promise<boolean>} probe whether anything listens
 */

/** Browsers know the permission under different names, or not at all. @returns {Promise<Permission>} */
export async function loopbackPermission() {
  for (const name of ['loopback-network', 'local-network-access']) {
    try {
      const status = await navigator.permissions.query(/** @type {any} */ ({ name }));
      return status.state;
    } catch {
      // This browser does not know the name: try the next one.
    }
  }
  return 'unknown';
}

/**
 * Whether anything listens on a port. A failed socket makes Chromium delay every further one, up to five seconds
 * each; a failed request does not. The answer stays opaque: the bridge tells a stranger nothing.
 * @param {number} port
 * @param {number} patience milliseconds
 */
export async function somethingListens(port, patience) {
  try {
    const options = { mode: 'no-cors', credentials: 'omit', cache: 'no-store', targetAddressSpace: 'loopback', signal: AbortSignal.timeout(patience) };
    await fetch(`http://127.0.0.1:${port}/`, /** @type {RequestInit} */ (options));
    return true;
  } catch {
    return false;
  }
}

/** @type {Surroundings} */
export const BROWSER = Object.freeze({ WebSocket: globalThis.WebSocket, permission: loopbackPermission, probe: somethingListens });

/**
 * @param {number | undefined} lastPort tried first
 * @param {object} [options]
 * @param {Surroundings} [options.surroundings]
 * @param {boolean} [options.confident] the first port is believed to answer: no probe before its socket
 * @param {() => void} [options.onAsking] a person is probably being asked
 * @returns {Promise<{socket: WebSocket, port: number}>}
 * @throws {BridgeError} bridge-absent or bridge-blocked
 */
export async function findBridge(lastPort, { surroundings = BROWSER, confident = false, onAsking = () => {} } = {}) {
  const permission = await surroundings.permission();
  const patience = permission === 'prompt' ? PERMISSION_PATIENCE : SILENT_PORT;
  const asking = permission === 'granted' ? undefined : setTimeout(onAsking, ASKING_AFTER);
  try {
    const found = await firstToAnswer(portsToTry(lastPort), { confident, patience, surroundings });
    if (found) return found;
  } finally {
    clearTimeout(asking);
  }
  // A refused question and a closed port look the same on the socket; only the permission tells them apart.
  if ((await surroundings.permission()) === 'denied') throw new BridgeError(CONNECTION_ERRORS.BLOCKED);
  throw new BridgeError(CONNECTION_ERRORS.ABSENT);
}

/**
 * @param {readonly number[]} ports
 * @param {{confident: boolean, patience: number, surroundings: Surroundings}} how
 * @returns {Promise<{socket: WebSocket, port: number} | null>}
 */
async function firstToAnswer(ports, { confident, patience, surroundings }) {
  const [first, ...others] = ports;
  const socket = confident ? await tryPort(first, patience, surroundings) : null;
  if (socket) return { socket, port: first };
  const probed = confident ? others : ports;
  const listens = await Promise.all(probed.map((port) => surroundings.probe(port, patience)));
  for (const port of probed.filter((_port, index) => listens[index])) {
    const open = await tryPort(port, patience, surroundings);
    if (open) return { socket: open, port };
  }
  return null;
}

/** @param {number | undefined} lastPort @returns {readonly number[]} */
function portsToTry(lastPort) {
  return lastPort && PORTS.includes(lastPort) ? [lastPort, ...PORTS.filter((port) => port !== lastPort)] : PORTS;
}

/**
 * @param {number} port
 * @param {number} patience milliseconds
 * @param {Surroundings} surroundings
 * @returns {Promise<WebSocket | null>} open, or null where no bridge answers
 */
function tryPort(port, patience, surroundings) {
  return new Promise((resolve) => {
    const socket = new surroundings.WebSocket(`ws://127.0.0.1:${port}/`, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    const timer = setTimeout(() => finish(null), patience);
    const finish = (/** @type {WebSocket | null} */ found) => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = socket.onclose = null;
      if (!found) socket.close();
      resolve(found);
    };
    socket.onopen = () => finish(socket.protocol === SUBPROTOCOL ? socket : null);
    socket.onerror = socket.onclose = () => finish(null);
  });
}
