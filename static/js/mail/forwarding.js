/**
 * A message as it is passed on inside another one (`message/rfc822`): what its sender encrypted comes without that layer, for the new
 * letter is encrypted itself and its readers have not our key; what he signed stays to the octet, so that they can verify it.
 */
import { concat } from '../mime/bytes.js';
import { fieldValue } from '../mime/headers.js';
import { addressField, dateValue, serialise, structuredField, textField } from '../mime/build.js';
import { encodeBase64 } from '../mime/transfer.js';
import { decryptedEntity, readRoot } from './envelope.js';
import { decryptionFailed } from './encrypted-layer.js';
import { ownRecipient } from './opening.js';
import { openSeal } from './stored-seal.js';

/** @typedef {import('../mime/split.js').Part} Part */
/** @typedef {import('../mime/address.js').Mailbox} Mailbox */
/** @typedef {Pick<import('./open.js').OpenedMessage, 'from' | 'to' | 'cc' | 'subject' | 'date'> & {messageId?: string, inReplyTo?: string, references?: string}} Heads as they were shown */

/**
 * @param {import('./opened-mailbox.js').OpenedMailbox} mailbox
 * @param {import('./stored-seal.js').Stored} stored
 * @param {Heads} heads
 * @param {string} [password] that opened it
 * @returns {Promise<Uint8Array>} RFC 5322
 * @throws {import('./encrypted-layer.js').Withheld}
 */
export async function originalOf(mailbox, stored, heads, password) {
  const seal = await openSeal(mailbox, stored);
  if (!seal) throw decryptionFailed();
  const root = readRoot(seal.content);
  const entity = await decryptedEntity(root, { unwrap: (recipients, { oid }) => unwrap(mailbox, recipients, oid), password });
  return entity === root ? seal.content : asMessage(entity, heads);
}

/**
 * @param {import('./opened-mailbox.js').OpenedMailbox} mailbox
 * @param {import('../cms/recipients.js').Recipient[]} recipients
 * @param {string} contentAlgorithm
 */
async function unwrap(mailbox, recipients, contentAlgorithm) {
  const own = ownRecipient(recipients, mailbox.certificates);
  if (!own) return null;
  const { recipient, epoch } = own;
  const [cek] = await mailbox.unwrap('message', [{ recipientInfo: recipient.der, contentAlgorithm, epoch }]);
  return { cek, recipient };
}

/**
 * An entity that brings its own From is a message already (RFC 9788 puts all fields inside); another gets the fields that were shown.
 * @param {Part} entity @param {Heads} heads
 */
export function asMessage(entity, heads) {
  if (fieldValue(entity.headers, 'from') !== null) return entity.bytes;
  const version = fieldValue(entity.headers, 'mime-version') === null ? ['MIME-Version: 1.0'] : [];
  const head = serialise({ fields: [...fieldsOf(heads), ...version], body: [] }).subarray(0, -2); // the fields of the entity follow
  return concat([head, entity.typed === 'assumed' ? bareEntity(entity) : entity.bytes]);
}

/** Content that had no fields of its own. @param {Part} entity */
const bareEntity = ({ type, bytes }) => serialise({ fields: [structuredField('Content-Type', type, {}), 'Content-Transfer-Encoding: base64'], body: encodeBase64(bytes) });

/** @param {Heads} heads @returns {string[]} */
function fieldsOf({ from, to, cc, subject, date, messageId, inReplyTo, references }) {
  return [
    ...people('From', from), ...people('To', to), ...people('Cc', cc), textField('Subject', subject),
    ...(date ? [`Date: ${dateValue(new Date(date))}`] : []),
    ...[['Message-ID', messageId], ['In-Reply-To', inReplyTo], ['References', references]].flatMap(([name, value]) => (name && value ? [textField(name, value)] : [])),
  ];
}

/** Those whose address no field can hold are left out. @param {string} name @param {Mailbox[]} mailboxes @returns {string[]} */
function people(name, mailboxes) {
  const writable = mailboxes.filter((mailbox) => canWrite(mailbox));
  return writable.length ? [addressField(name, writable)] : [];
}

/** @param {Mailbox} mailbox */
function canWrite(mailbox) {
  try {
    return addressField('To', [mailbox]) !== '';
  } catch {
    return false;
  }
}
