/** A finished draft becomes a submission: recipients checked, ciphertext prepared, uploaded, handed over in one go. */
import { outcome } from './api.js';
import { toBase64 } from '../cms/octets.js';
import { draftSize, refuseLarge } from './size.js';

/** @typedef {import('../pages/store-types.js').Draft} Draft */
/** @typedef {import('../pages/store-types.js').Progress} Progress */

export const MAX_RECIPIENTS = 500;

/** The draft cannot be sent as it is. */
export class SubmitError extends Error {
  name = 'SubmitError';

  /** @param {'too-many-recipients'|'no-recipient'} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * @typedef {object} Counter where a submission is handed in
 * @property {import('./api.js').Api} api
 * @property {string} accountId
 * @property {string} address own
 * @property {string} fromName
 * @property {string} sentFolder id
 * @property {import('./recipients.js').Recipients} recipients
 * @property {(order: import('./preparing.js').Order, options: {onProgress: (progress: Progress) => void, signal?: AbortSignal}) => Promise<import('./preparing.js').Prepared>} prepare
 */

/**
 * @param {Counter} counter
 * @param {Draft} draft
 * @param {{onProgress?: (progress: Progress) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<string>} id of the sent copy
 * @throws {SubmitError | import('./size.js').MessageTooLarge | import('./recipients.js').RecipientError | import('./api.js').ApiError}
 */
export async function submitDraft(counter, draft, { onProgress = () => {}, signal } = {}) {
  const { order, recipients } = await orderOf(counter, draft);
  const prepared = await counter.prepare(order, { onProgress, signal });
  return deliver(counter, prepared, recipients, { onProgress, signal });
}

/**
 * @param {Counter} counter
 * @param {Draft} draft
 * @returns {Promise<{order: import('./preparing.js').Order, recipients: import('./recipients.js').Recipient[]}>} once everybody can be written to
 * @throws {SubmitError | import('./size.js').MessageTooLarge | import('./recipients.js').RecipientError | import('./api.js').ApiError}
 */
export async function orderOf(counter, draft) {
  refuseLimits(draft);
  const recipients = await counter.recipients.require(addressesOf(draft));
  const keys = Object.fromEntries(recipients.map(({ address, key }) => [address, /** @type {any} */ (key)]));
  return { order: { draft, fromName: counter.fromName, recipients: keys }, recipients };
}

/**
 * @param {Counter} counter
 * @param {import('./preparing.js').Prepared} prepared
 * @param {import('./recipients.js').Recipient[]} recipients
 * @param {{onProgress?: (progress: Progress) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<string>} id of the sent copy
 */
export async function deliver(counter, prepared, recipients, { onProgress = () => {}, signal } = {}) {
  const blobIds = await uploadAll(counter, [...prepared.wires.map(({ bytes }) => bytes), prepared.copy], { onProgress, signal });
  onProgress({ step: 'submitting', done: 0, total: 1 });
  const emailId = await handIn(counter, prepared, blobIds);
  // The message has left: that a pin could not be written must not look like a failure to send.
  await counter.recipients.remember(recipients).catch(() => {});
  return emailId;
}

/** @param {Draft} draft @returns {string[]} each address once */
export function addressesOf({ to, cc, bcc }) {
  const all = [...to, ...cc, ...bcc].map(({ address }) => address.trim());
  return [...new Map(all.map((address) => [address.toLowerCase(), address])).values()];
}

/** @param {Draft} draft */
function refuseLimits(draft) {
  const addresses = addressesOf(draft);
  if (addresses.length === 0) throw new SubmitError('no-recipient');
  if (addresses.length > MAX_RECIPIENTS) throw new SubmitError('too-many-recipients');
  refuseLarge(draftSize(draft, addresses.length));
}

/**
 * @param {Counter} counter
 * @param {Uint8Array[]} parts
 * @param {{onProgress: (progress: Progress) => void, signal?: AbortSignal}} options
 * @returns {Promise<string[]>}
 */
async function uploadAll({ api, accountId }, parts, { onProgress, signal }) {
  const blobIds = [];
  for (const [done, bytes] of parts.entries()) {
    onProgress({ step: 'uploading', done, total: parts.length });
    blobIds.push(await api.upload(accountId, bytes, { signal }));
  }
  return blobIds;
}

/**
 * The sealed copy is imported first, because the submission names it; it is taken back if the submission is refused.
 * @param {Counter} counter
 * @param {import('./preparing.js').Prepared} prepared
 * @param {string[]} blobIds of the wires, then of the copy
 * @returns {Promise<string>}
 */
async function handIn({ api, accountId, address, sentFolder }, { wires, summary, date, epoch }, blobIds) {
  const copy = {
    blobId: blobIds.at(-1),
    mailboxIds: { [sentFolder]: true },
    keywords: { $seen: true },
    receivedAt: date.replace(/\.\d+Z$/, 'Z'),
    sealedSummary: toBase64(summary),
    epoch,
  };
  const identityId = await ownIdentity(api, accountId, address);
  const imported = await api.call('Email/import', { accountId, emails: { copy } });
  const { id: emailId } = outcome(imported, 'created', 'copy');
  const submission = {
    identityId,
    emailId,
    envelope: { mailFrom: { email: address }, rcptTo: wires.flatMap(({ rcptTo }) => rcptTo.map((email) => ({ email }))) },
    'pli:wire': wires.map(({ rcptTo }, index) => ({ blobId: blobIds[index], rcptTo })),
  };
  try {
    outcome(await api.call('EmailSubmission/set', { accountId, create: { submission } }), 'created', 'submission');
  } catch (error) {
    // Nothing left: a copy in "sent" would say otherwise.
    await api.call('Email/set', { accountId, destroy: [emailId] }).catch(() => {});
    throw error;
  }
  return emailId;
}

/**
 * @param {import('./api.js').Api} api
 * @param {string} accountId
 * @param {string} address
 */
async function ownIdentity(api, accountId, address) {
  const { list } = await api.call('Identity/get', { accountId, ids: null });
  const own = list.find((/** @type {{email: string}} */ { email }) => email.toLowerCase() === address.toLowerCase());
  return (own ?? list[0]).id;
}
