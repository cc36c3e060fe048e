/**
 * Local Network Access: whether the browser lets this page reach programs on this computer, and asking the person.
 * https://wicg.github.io/local-network-access/
 */

/** @typedef {'granted'|'denied'|'prompt'|'unknown'} Permission unknown: this browser has no such permission */

/** `loopback-network` since Chromium 145 and Firefox 153; Chromium 142 knew one permission for all networks. */
const NAMES = Object.freeze(['loopback-network', 'local-network-access']);
/** A loopback page asks nobody: it is in the address space it wants to reach. */
const LOOPBACK_HOST = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:[^.]+\.)*localhost)$/;

/** @param {string} [hostname] */
export function onLoopback(hostname = globalThis.location?.hostname ?? '') {
  return LOOPBACK_HOST.test(hostname);
}

/**
 * The browser's own record, which changes when the person answers. Never asks.
 * @param {Pick<Permissions, 'query'>} [permissions]
 * @returns {Promise<PermissionStatus | null>}
 */
export async function loopbackStatus(permissions = globalThis.navigator?.permissions) {
  for (const name of NAMES) {
    try {
      return await permissions.query(/** @type {any} */ ({ name }));
    } catch {
      // This browser does not know the name (Firefox throws a TypeError): try the next one.
    }
  }
  return null;
}

/** @returns {Promise<Permission>} */
export async function loopbackPermission() {
  if (onLoopback()) return 'granted';
  return (await loopbackStatus())?.state ?? 'unknown';
}
