/**
 * Handing a mailbox over to its owner's bridge, which writes it to a folder (`pli-bridge export`, docs/adr/0020). The page only
 * carries sealed messages: it begins nothing, chooses no folder and sees no key.
 */
import { fromBase64 } from '../cms/octets.js';
import { proved } from './trace.js';

const PAGE = 500;
const BATCH = 32;
const BATCH_OCTETS = 8_000_000;
const AT_ONCE = 4;

/** @typedef {import('../pages/store-types.js').Folder} Folder */
/** @typedef {{id: string, blobId: string, mailboxIds: Record<string, true>, receivedAt: string, epoch: number}} StoredEmail */

/**
 * @typedef {object} LeavingSources
 * @property {Pick<import('./api.js').Api, 'call' | 'download'>} api
 * @property {string} accountId
 * @property {readonly Folder[]} folders
 * @property {() => Promise<unknown>} prove
 * @property {() => Promise<import('../keys/agent.js').OpenedMailbox>} opened
 * @property {(verb: 'beginExport' | 'putExport' | 'endExport', values: any[]) => Promise<any>} act on the open mailbox
 */

export class Leaving {
  #sources;

  /** @param {LeavingSources} sources */
  constructor(sources) {
    this.#sources = sources;
  }

  /** Whether the command named the mailbox that is shown. @param {string} mailboxId */
  isFor(mailboxId) {
    return mailboxId === this.#sources.accountId;
  }

  /**
   * @param {(done: number, total: number) => void} onProgress
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('../keys/agent.js').ExportCount>}
   */
  async handOver(onProgress, signal) {
    const { api, accountId, prove, act } = this.#sources;
    const { total } = await proved(prove, () => api.call('Account/export', { accountId }));
    await act('beginExport', [{ total, certificates: await this.#certificates() }]);
    onProgress(0, total);
    for (let position = 0, done = 0; position < total; position += PAGE) {
      for (const batch of batches(await this.#emails(position, Math.min(PAGE, total - position)))) {
        signal?.throwIfAborted();
        await act('putExport', [await this.#sealed(batch)]);
        onProgress((done += batch.length), total);
      }
    }
    const { file } = await proved(prove, () => api.call('AccessEvent/export', { accountId, signed: true }));
    return act('endExport', [fromBase64(file)]);
  }

  /** Of every epoch this session opens. @returns {Promise<import('../keys/agent.js').EpochCertificates[]>} */
  async #certificates() {
    const { api, accountId, opened } = this.#sources;
    const [{ list }, { epoch, epochs = [epoch] }] = await Promise.all([api.call('MailboxKey/get', { accountId, ids: null }), opened()]);
    return list.filter((/** @type {any} */ key) => epochs.includes(key.epoch) && key.state !== 'pending').map((/** @type {any} */ key) => ({
      epoch: key.epoch, encryption: fromBase64(key.encryptionCertificate), signature: fromBase64(key.signatureCertificate),
      chain: key.chain.map(fromBase64),
    }));
  }

  /** @param {number} position @param {number} limit @returns {Promise<StoredEmail[]>} oldest first: what comes meanwhile stands after all others */
  async #emails(position, limit) {
    const { api, accountId } = this.#sources;
    const sort = [{ property: 'receivedAt', isAscending: true }];
    const { ids } = await api.call('Email/query', { accountId, sort, position, limit });
    if (!ids.length) return [];
    const properties = ['id', 'blobId', 'mailboxIds', 'receivedAt', 'epoch', 'size'];
    return (await api.call('Email/get', { accountId, ids, properties })).list;
  }

  /** @param {StoredEmail[]} emails @returns {Promise<import('../keys/agent.js').ExportedMessage[]>} */
  async #sealed(emails) {
    const { api, accountId } = this.#sources;
    /** @type {import('../keys/agent.js').ExportedMessage[]} */
    const sealed = [];
    for (let start = 0; start < emails.length; start += AT_ONCE) {
      sealed.push(...await Promise.all(emails.slice(start, start + AT_ONCE).map(async ({ id, blobId, mailboxIds, receivedAt, epoch }) => (
        { id, folder: this.#folder(mailboxIds), receivedAt, epoch, sealed: await api.download(accountId, blobId) }))));
    }
    return sealed;
  }

  /** One file for each message, however many folders it is in. @param {Record<string, true>} mailboxIds */
  #folder(mailboxIds) {
    const folder = this.#sources.folders.find(({ id }) => mailboxIds[id]);
    if (!folder) return 'Other';
    return folder.role ? folder.role[0].toUpperCase() + folder.role.slice(1) : folder.name || 'Other';
  }
}

/** As much as one call should carry. @param {(StoredEmail & {size?: number})[]} emails @returns {StoredEmail[][]} */
function batches(emails) {
  /** @type {StoredEmail[][]} */
  const found = [];
  let octets = Infinity;
  for (const email of emails) {
    octets += email.size ?? 0;
    const last = found.at(-1);
    if (!last || last.length >= BATCH || octets > BATCH_OCTETS) {
      found.push([email]);
      octets = email.size ?? 0;
    } else last.push(email);
  }
  return found;
}
