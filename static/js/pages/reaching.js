// What has to be said before a page reaches for the card program: that the browser will ask, or that a window will open.
import { BridgeError, CONNECTION_ERRORS } from '../bridge/messages.js';
import { loopbackPermission } from '../bridge/permission.js';
import { portHolder } from '../bridge/ports.js';
import { keepsPagesFromLoopback, rememberWay, usualWay, wayWasChosen } from '../bridge/way.js';

/** This browser has the permission, and does not ask for it (Firefox before it did, pages of the local network). */
const SILENT_NAME = 'pli-bridge-silent';
/** How long a person may look at the browser's question. */
const PATIENCE = 120_000;

/**
 * @typedef {object} Surroundings what a test replaces
 * @property {() => Promise<import('../bridge/permission.js').Permission>} permission
 * @property {(port: number) => Promise<unknown>} ask makes the browser put its question
 */

/** @type {Surroundings} */
const BROWSER = Object.freeze({ permission: loopbackPermission, ask: (port) => portHolder(port, PATIENCE) });

/** @returns {Promise<'explain'|'relay'|null>} what to show before the next click; null: nothing will come unexpected. Throws bridge-blocked */
export async function toBeExplained({ permission } = BROWSER) {
  if (usualWay() === 'relay') return wayWasChosen() ? null : 'relay';
  switch (await permission()) {
    case 'denied': throw new BridgeError(CONNECTION_ERRORS.BLOCKED);
    case 'prompt': return localStorage.getItem(SILENT_NAME) ? null : 'explain';
    default: return null;
  }
}

/**
 * Put the browser's question, from the page itself and within a click. Throws bridge-blocked where the answer was no.
 * @param {number} port
 * @param {Surroundings} [surroundings]
 */
export async function askBrowser(port, { permission, ask } = BROWSER) {
  if (usualWay() === 'relay' || (await permission()) !== 'prompt') return;
  await ask(port);
  if ((await permission()) === 'denied') throw new BridgeError(CONNECTION_ERRORS.BLOCKED);
}

/** The bridge was reached: a browser that still says it would ask does not. */
export async function noteReached({ permission } = BROWSER) {
  if (usualWay() === 'direct' && (await permission()) === 'prompt') localStorage.setItem(SILENT_NAME, 'yes');
}

/** From here on, in this tab, by the link window. */
export function takeRelay() {
  rememberWay('relay');
}

/** After a refusal that the person has taken back the direct way is tried again. */
export function forgetRelay() {
  if (!keepsPagesFromLoopback({ vendor: navigator.vendor, protocol: location.protocol })) rememberWay('direct');
}
