/** The access trace of the open mailbox, for its owner: who could read, opened, or says to have shown each message. */
import { fromBase64 } from '../cms/octets.js';

/**
 * @typedef {object} TraceLine
 * @property {string} id
 * @property {string} at RFC 3339
 * @property {string} act
 * @property {string} objectId a message, a person, an entry of the log
 * @property {number} count
 * @property {number | null} part
 * @property {string} personId '' for the server itself
 * @property {string} name
 * @property {string} rppsNumber
 * @property {string} about whom an act on members names
 * @property {string} onBehalfOf
 * @property {string} through replacement, duty, secretary, member, officer, recovery, or ''
 * @property {{kind: string, name: string, madeAt: string | null, fingerprint: string} | null} credential
 * @property {string} clientKind
 * @property {string} address
 * @property {string | null} [subject] of the message, as this device knows it
 */

/** @typedef {{personId?: string, acts?: readonly string[], emailId?: string, after?: string, before?: string}} TraceFilter */
/** @typedef {{lines: TraceLine[], total: number, people: {id: string, name: string}[]}} TracePage */

/**
 * @typedef {object} TraceSources
 * @property {Pick<import('./api.js').Api, 'call'>} api
 * @property {string} accountId
 * @property {() => Promise<unknown>} prove shows the card or passkey to the server once more
 * @property {(ids: string[]) => Promise<({subject: string} | null)[]>} rows as this device has them already: asking the server would be an access
 */

const MESSAGE_ACTS = Object.freeze(['opened', 'shown', 'printed', 'saved', 'destroyed']);

export class Trace {
  #sources;

  /** @param {TraceSources} sources */
  constructor(sources) {
    this.#sources = sources;
  }

  /** @param {TraceFilter} filter @param {number} position @param {number} limit @returns {Promise<TracePage>} newest first */
  async page(filter, position, limit) {
    const { api, accountId } = this.#sources;
    const { list, total, people } = await api.call('AccessEvent/query', { accountId, filter, position, limit });
    return { lines: await this.#named(list), total, people };
  }

  /** @param {boolean} signed @returns {Promise<Uint8Array>} CSV, or that in a signature of the server (RFC 5652) */
  async export(signed) {
    const { api, accountId, prove } = this.#sources;
    const { file } = await proved(prove, () => api.call('AccessEvent/export', { accountId, signed }));
    return fromBase64(file);
  }

  /** @param {TraceLine[]} lines @returns {Promise<TraceLine[]>} */
  async #named(lines) {
    const ids = [...new Set(lines.filter(({ act }) => MESSAGE_ACTS.includes(act)).map(({ objectId }) => objectId))];
    const rows = ids.length ? await this.#sources.rows(ids) : [];
    const subjects = new Map(ids.map((id, index) => [id, rows[index]?.subject ?? null]));
    return lines.map((line) => (subjects.has(line.objectId) ? { ...line, subject: subjects.get(line.objectId) } : line));
  }
}

/**
 * A call for which the server wants the card or passkey to have been shown just now.
 * @template T
 * @param {() => Promise<unknown>} prove
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function proved(prove, ask) {
  try {
    return await ask();
  } catch (error) {
    if (/** @type {any} */ (error)?.code !== 'stepUpRequired') throw error;
    await prove();
    return ask();
  }
}
