/**
 * Who holds a loopback port: nobody, another program, or a bridge that admits this page. By requests, since a failed
 * websocket makes Chromium delay every further one, up to five seconds each; a failed request does not.
 */
import { SUBPROTOCOL } from './messages.js';

const WELL_KNOWN = '/.well-known/pli-bridge';

/**
 * @typedef {object} PortHolder
 * @property {number} port
 * @property {'closed'|'silent'|'stranger'|'bridge'} kind silent: it takes connections and says nothing; stranger: it answers,
 *   and tells this page nothing: another program, or a bridge that does not know this page (the two look alike on purpose)
 * @property {readonly string[]} protocols what a bridge speaks
 * @property {number} [elsewhere] shared hosts: the port of this person's own bridge
 */

/**
 * @param {number} port
 * @param {number} patience milliseconds
 * @param {typeof fetch} [ask]
 * @returns {Promise<PortHolder>}
 */
export async function portHolder(port, patience, ask = fetch) {
  const signal = AbortSignal.timeout(patience);
  const request = (/** @type {RequestMode} */ mode) => ask(`http://127.0.0.1:${port}${WELL_KNOWN}`, options(mode, signal));
  // A bridge tells only an Origin it knows, and a request without CORS has none: it shows no more than that somebody answers.
  const said = await request('cors').then((answer) => answer.json()).catch(() => null);
  if (said) return bridgeAt(port, said);
  const answers = await request('no-cors').then(() => true, () => false);
  return { port, kind: answers ? 'stranger' : signal.aborted ? 'silent' : 'closed', protocols: [] };
}

/**
 * @param {number} port
 * @param {any} said what the port answered, if this page may read it
 * @returns {PortHolder}
 */
function bridgeAt(port, said) {
  if (!Array.isArray(said?.protocols)) return { port, kind: 'stranger', protocols: [] };
  const protocols = said.protocols.filter((/** @type {unknown} */ name) => typeof name === 'string');
  return { port, kind: 'bridge', protocols, ...(Number.isInteger(said.port) && said.port !== port && { elsewhere: said.port }) };
}

/** @param {PortHolder} holder */
export function speaksOurs({ protocols }) {
  return protocols.includes(SUBPROTOCOL);
}

/**
 * Without cookies, cache or referrer; no bridge redirects, but a request without CORS may not say so. `targetAddressSpace` says that loopback is meant (Local Network Access §4).
 * @param {RequestMode} mode
 * @param {AbortSignal} signal
 * @returns {RequestInit}
 */
function options(mode, signal) {
  return /** @type {RequestInit} */ ({ mode, signal, credentials: 'omit', cache: 'no-store', redirect: mode === 'cors' ? 'error' : 'follow', targetAddressSpace: 'loopback' });
}
