/**
 * Which way this browser takes to the bridge: its own socket, or the relay window. The second only where the first
 * cannot be, since browsers may restrict it one day; what was found out holds for the session of the tab.
 */

/** @typedef {'direct'|'relay'} Way */

const NAME = 'pli-bridge-way';

/**
 * WebKit takes ws://127.0.0.1 from an https page for mixed content.
 * @param {{vendor: string, protocol: string}} browser
 */
export function keepsPagesFromLoopback({ vendor, protocol }) {
  return vendor.startsWith('Apple') && protocol === 'https:';
}

/** Whether a person has been told of the way that is not the usual one. */
export function wayWasChosen() {
  return sessionStorage.getItem(NAME) === 'relay';
}

/** @returns {Way} */
export function usualWay() {
  if (wayWasChosen()) return 'relay';
  return keepsPagesFromLoopback({ vendor: navigator.vendor, protocol: location.protocol }) ? 'relay' : 'direct';
}

/** @param {Way} way */
export function rememberWay(way) {
  sessionStorage.setItem(NAME, way);
}

/** @type {Promise<import('./relay.js').RelayWindow> | null} */
let relay = null;

/** One window for the page, however often its workers are replaced. @param {readonly number[]} ports */
export function relayWindow(ports) {
  relay ??= import('./relay.js').then(({ RelayWindow }) => new RelayWindow({ ports }));
  return relay;
}
