/**
 * From the sealed blob of a message to what a reader may see, inside the crypto worker: the seal of this mailbox, then
 * whatever cryptographic layers its sender put inside (mail/open.js). What was learnt goes into the sealed list, so
 * that the message opens again without the bridge.
 */
import { equal, fromBase64, toBase64, toHex } from '../cms/octets.js';
import { parseCertificate } from '../cms/certificate.js';
import { parseRecipientInfo } from '../cms/recipients.js';
import { release } from '../cms/release.js';
import { concat, utf8 } from '../mime/bytes.js';
import { openMessage } from './open.js';
import { fitting } from './packs.js';
import { outerHeaders } from './protected.js';
import { unsigned } from './state.js';
import { openSeal } from './stored-seal.js';

/** @typedef {import('./opened-mailbox.js').OpenedMailbox} OpenedMailbox */
/** @typedef {import('./packs.js').PackRow} PackRow */
/** @typedef {import('./open.js').OpenedMessage} OpenedMessage */
/** @typedef {import('../cms/recipients.js').Recipient} Recipient */
/** @typedef {import('../keys/agent.js').WrappedKey} WrappedKey */

/** @typedef {{id: string, bytes: Uint8Array<ArrayBuffer>, receivedAt: string, epoch?: number}} StoredMessage epoch: of its seal; the current one by default */
/** @typedef {{within: string, bytes: Uint8Array<ArrayBuffer>, type: string, receivedAt: string}} InnerMessage an attachment of the message `within` */
/** @typedef {Omit<OpenedMessage, 'keys'> & {id: string}} ShownMessage id: '' for what stands inside another message */
/** @typedef {{allowOld?: boolean, password?: string}} Permission what a person said so that it opens */

/**
 * @typedef {object} Surroundings
 * @property {(address: string) => Promise<import('./state.js').DirectoryPerson | null>} directory
 * @property {(address: string) => Promise<Uint8Array[]>} known certificates remembered of a correspondent, DER
 * @property {(done: number) => void} progress a fraction of the work, told where it takes noticeably long
 * @property {import('./open.js').Reader['foretell']} [foretell]
 * @property {AbortSignal} signal
 */

const SNIPPET = 140;

/** Where the work stands when each thing is asked of the key agent, as fractions: what comes before each is what takes time. */
const DONE = Object.freeze({ sealed: 0.35, unwrapped: 0.5, validated: 0.9 });

/** Milliseconds that nobody takes for waiting: each word to the page wakes it, while this worker has something better to do. */
const UNNOTICED = 100;

/** The mailbox, the row of the message, and what was found on the way. */
class Opening {
  /** @type {Map<string, Uint8Array>} CEKs of inner layers by the name of their key */
  found = new Map();
  /** @type {Map<string, number>} epoch of the key that each encrypted key was made for, by the encrypted key in base64 */
  #made = new Map();
  /** @type {Map<string, Promise<string>>} names of encrypted keys, each computed once */
  #names = new Map();
  /** @type {{item: WrappedKey, asking: Promise<Uint8Array>} | null} a key asked for before its layer was seen */
  #ahead = null;
  #begun = performance.now();

  /**
   * @param {OpenedMailbox} mailbox
   * @param {string} id of the stored message
   * @param {number | undefined} epoch of the stored message
   * @param {Surroundings} surroundings
   */
  constructor(mailbox, id, epoch, surroundings) {
    this.mailbox = mailbox;
    this.id = id;
    this.epoch = epoch ?? mailbox.packs.epochOf(id) ?? mailbox.epoch;
    this.row = mailbox.packs.row(id);
    this.surroundings = surroundings;
    this.directory = remembering(surroundings.directory, mailbox.entries);
  }

  /**
   * @param {Uint8Array} bytes RFC 5322
   * @param {string} receivedAt
   * @param {Permission} permission
   */
  read(bytes, receivedAt, permission) {
    const { mailbox, directory } = this;
    const { known, foretell } = this.surroundings;
    return openMessage(bytes, {
      ...permission,
      unwrap: (recipients, algorithm) => this.#unwrap(recipients, algorithm.oid),
      validate: (items) => this.#validate(items),
      directory, known, foretell, ownAddress: mailbox.address, at: new Date(receivedAt),
      seenKeys: async (encryptedKey) => mailbox.packs.usedKey(await this.usedKeyName(encryptedKey)),
    });
  }

  /** @param {number} done */
  reach(done) {
    this.surroundings.signal.throwIfAborted();
    if (performance.now() - this.#begun > UNNOTICED) this.surroundings.progress(done);
  }

  /** @param {Recipient[]} recipients @param {string} contentAlgorithm */
  #unwrap(recipients, contentAlgorithm) {
    this.reach(DONE.unwrapped);
    return this.#unwrapOwn(recipients, contentAlgorithm);
  }

  /** Under the key of the epoch it was made for; what a password opened, under that of the message. @param {Uint8Array} encryptedKey */
  usedKeyName(encryptedKey) {
    const written = toBase64(encryptedKey);
    const name = this.#names.get(written) ?? this.mailbox.usedKeyName(encryptedKey, this.#made.get(written) ?? this.epoch);
    this.#names.set(written, name);
    return name;
  }

  /** Whether a layer was made for a certificate that was retired when the message came. */
  get toRetired() {
    return [...this.#made.values()].some((epoch) => epoch < this.epoch);
  }

  /**
   * The key agent works on the key inside while the seal is opened. The server foretold which it is, and nobody believes it: the answer
   * counts for the very RecipientInfo and cipher that are then found inside, and is forgotten otherwise.
   */
  askAhead() {
    const foretold = this.row?.keys?.length ? null : this.mailbox.foretold(this.id);
    const item = foretold && foretoldItem(foretold, this.mailbox.certificates);
    if (!item) return;
    const asking = this.mailbox.unwrap('message', [item]).then(([cek]) => cek);
    asking.catch(() => {}); // whoever needs the key gets the failure
    this.#ahead = { item, asking };
  }

  /** @param {WrappedKey} item @returns {Promise<Uint8Array>} asked of the agent once for one opening */
  async #ask(item) {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead && isSame(ahead.item, item)) return ahead.asking;
    const [cek] = await this.mailbox.unwrap('message', [item]);
    return cek;
  }

  /** @param {Recipient[]} recipients @param {string} contentAlgorithm */
  async #unwrapOwn(recipients, contentAlgorithm) {
    const own = ownRecipient(recipients, this.mailbox.certificates);
    if (!own) return null;
    const { recipient, epoch } = own;
    this.#made.set(toBase64(recipient.encryptedKey), epoch);
    const naming = this.usedKeyName(recipient.encryptedKey);
    const item = { recipientInfo: recipient.der, contentAlgorithm, epoch };
    const asking = this.#kept(naming, contentAlgorithm).then((kept) => kept ?? this.#ask(item));
    const [name, cek] = await Promise.all([naming, asking]);
    this.found.set(name, cek);
    return { cek, recipient };
  }

  /** A message never opened before keeps no keys: nothing to wait for. @param {Promise<string>} naming @param {string} contentAlgorithm */
  async #kept(naming, contentAlgorithm) {
    const { keys = [] } = this.row ?? {};
    if (keys.length === 0) return null;
    const name = await naming;
    const cek = keys.find(({ mac, algorithm }) => mac === name && algorithm === contentAlgorithm)?.cek;
    return cek ? fromBase64(cek) : null;
  }

  /** @param {import('../keys/agent.js').UnverifiedCertificate[]} items */
  #validate(items) {
    this.reach(DONE.validated);
    return this.mailbox.validate(items);
  }
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {StoredMessage} stored its bytes are gone afterwards
 * @param {Permission} permission
 * @param {Surroundings} surroundings
 * @returns {Promise<{message: ShownMessage, learnt: boolean}>} quarantined where it cannot be shown, learnt: its row is
 *   different now; rejects only for failures of bridge or network
 */
export async function openStored(mailbox, stored, permission, surroundings) {
  const { id, receivedAt } = stored;
  const opening = new Opening(mailbox, id, stored.epoch, surroundings);
  const { row } = opening;
  // Server and key agent are asked at the same time; most protected messages are signed.
  if (row && (row.signed || row.encrypted) && row.from[0]) void opening.directory(row.from[0].address);
  const seal = await openSeal(mailbox, { id, bytes: stored.bytes, epoch: opening.epoch }, () => opening.askAhead()).catch((error) => { release(stored.bytes); throw error; });
  if (seal?.content.buffer !== stored.bytes.buffer) release(stored.bytes);
  if (!seal) return { message: quarantined(id, row), learnt: false };
  opening.reach(DONE.sealed);
  const message = await opening.read(seal.content, receivedAt, permission);
  surroundings.signal.throwIfAborted();
  const notices = [
    ...(row && !row.state && summaryDiffers(row, seal.content) ? ['summary-forged'] : []),
    ...(opening.toRetired ? ['old-certificate'] : []),
  ];
  return { message: shown(message, id, notices), learnt: await learn(opening, seal.cek, message) };
}

/**
 * What an attachment holds, in a view of its own: nothing of it is joined to the message it came with, and it proves
 * nothing about that message (security reference §3.1).
 * @param {OpenedMailbox} mailbox
 * @param {InnerMessage} inner
 * @param {Permission} permission
 * @param {Surroundings} surroundings
 * @returns {Promise<{message: ShownMessage, learnt: boolean}>}
 */
export async function openInner(mailbox, { within, bytes, type, receivedAt }, permission, surroundings) {
  const opening = new Opening(mailbox, within, undefined, surroundings);
  const message = await opening.read(entityOf(bytes, type), receivedAt, permission);
  surroundings.signal.throwIfAborted();
  const keys = [...(opening.row?.keys ?? []), ...(await usedKeys(opening, message))];
  // What is passed on was written to others.
  const notices = message.notices.filter((code) => code !== 'not-addressed-to-you');
  return { message: { ...shown({ ...message, notices }, within), id: '' }, learnt: mailbox.packs.update(within, { keys }) };
}

/**
 * A message and a multipart bring their own header fields; a CMS object is the bare structure.
 * @param {Uint8Array} bytes
 * @param {string} type
 */
function entityOf(bytes, type) {
  if (type === 'message/rfc822' || type.startsWith('multipart/')) return bytes;
  return concat([utf8('Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n'), bytes]);
}

/**
 * @param {OpenedMessage} message
 * @param {string} id
 * @param {string[]} [notices] further ones
 * @returns {ShownMessage}
 */
function shown({ keys: _keys, copyOf, ...message }, id, notices = []) {
  const copy = copyOf && copyOf !== id ? { copyOf } : {};
  return { ...message, id, ...copy, notices: [...message.notices, ...notices] };
}

/** Milliseconds for which an answer of the directory is good enough for the next message of the same sender. */
const MOMENT = 30_000;

/**
 * @param {Surroundings['directory']} directory
 * @param {OpenedMailbox['entries']} entries
 * @returns {Surroundings['directory']} the same answer for the same address for a moment; null where the directory cannot be
 *   asked, which is not remembered
 */
function remembering(directory, entries) {
  return (address) => {
    const known = entries.get(address);
    if (known && known.until > Date.now()) return known.answer;
    const answer = directory(address).catch(() => {
      entries.delete(address);
      return null;
    });
    entries.set(address, { until: Date.now() + MOMENT, answer });
    return answer;
  };
}

/**
 * The RecipientInfo that names a certificate of ours, and whose epoch's. The agent answers every one alike, so the choice is made here.
 * @param {Recipient[]} recipients
 * @param {{epoch: number, certificate: Uint8Array}[]} certificates the newest first
 * @returns {{recipient: Recipient, epoch: number} | null}
 */
export function ownRecipient(recipients, certificates) {
  for (const { epoch, certificate } of certificates) {
    const recipient = recipientFor(recipients, certificate);
    if (recipient) return { recipient, epoch };
  }
  return null;
}

/**
 * @param {import('./summaries.js').Foretold} foretold
 * @param {OpenedMailbox['certificates']} certificates
 * @returns {WrappedKey | null} null where it names nobody's key that is here, or is no RecipientInfo
 */
function foretoldItem({ recipientInfo, contentAlgorithm }, certificates) {
  try {
    const own = ownRecipient(parseRecipientInfo(fromBase64(recipientInfo)), certificates);
    return own && { recipientInfo: own.recipient.der, contentAlgorithm, epoch: own.epoch };
  } catch {
    return null;
  }
}

/** @param {WrappedKey} one @param {WrappedKey} other */
const isSame = (one, other) => one.epoch === other.epoch && one.contentAlgorithm === other.contentAlgorithm && equal(one.recipientInfo, other.recipientInfo);

/** Certificates of open mailboxes, with which every message is compared: each read once. @type {WeakMap<Uint8Array, import('../cms/certificate.js').Certificate>} */
const readBefore = new WeakMap();

/** @param {Uint8Array} der */
function readOnce(der) {
  const certificate = readBefore.get(der) ?? parseCertificate(der);
  readBefore.set(der, certificate);
  return certificate;
}

/** @param {Recipient[]} recipients @param {Uint8Array} certificate */
function recipientFor(recipients, certificate) {
  const { issuer, serialNumber, subjectKeyIdentifier } = readOnce(certificate);
  return recipients.find(({ rid }) => {
    if (!rid) return false;
    if ('subjectKeyIdentifier' in rid) return !!subjectKeyIdentifier && toHex(rid.subjectKeyIdentifier) === toHex(subjectKeyIdentifier);
    return 'issuer' in rid && rid.serialNumber === serialNumber && toHex(rid.issuer) === toHex(issuer.der);
  });
}

/**
 * @param {Opening} opening
 * @param {Uint8Array | null} cek of the seal; null where the key is the owners'
 * @param {OpenedMessage} message
 * @returns {Promise<boolean>} whether it was news
 */
async function learn(opening, cek, message) {
  const { packs } = opening.mailbox;
  const kept = cek && { cek: toBase64(cek) };
  if (message.quarantined) return packs.update(opening.id, { ...kept, quarantined: message.quarantined });
  return packs.update(opening.id, {
    ...kept,
    keys: await usedKeys(opening, message),
    state: message.signature.state,
    subject: message.subject.slice(0, 1_000),
    from: message.from,
    to: fitting(message.to),
    cc: fitting(message.cc),
    date: message.date,
    snippet: message.text.replace(/\s+/g, ' ').trim().slice(0, SNIPPET),
    attachments: fitting(message.attachments.map(({ filename }) => filename)),
    encrypted: message.encrypted,
    signed: message.signature.intact,
    quarantined: undefined,
  });
}

/** @param {Opening} opening @param {OpenedMessage} message @returns {Promise<import('./packs.js').UsedKey[]>} */
function usedKeys(opening, message) {
  return Promise.all(
    message.keys.map(async ({ encryptedKey, hash, algorithm }) => {
      const mac = await opening.usedKeyName(encryptedKey);
      const inner = opening.found.get(mac);
      return { mac, hash, algorithm, ...(inner && { cek: toBase64(inner) }) };
    }),
  );
}

/**
 * The server wrote the summary from the outer fields: where they say something else, it lied about one of the two.
 * What two readers may take for two things, a From that is no single plain address, accuses nobody.
 * @param {PackRow} row
 * @param {Uint8Array} content
 */
function summaryDiffers(row, content) {
  if (row.quarantined && row.from.length === 0) return false;
  const { subject, from, notices } = outerHeaders(content);
  const sameSubject = plain(subject).startsWith(plain(row.subject).slice(0, 60));
  const sameFrom = notices.includes('from-hostile') || (row.from[0]?.address ?? '').toLowerCase() === (from[0]?.address ?? '').toLowerCase();
  return !(sameSubject && sameFrom);
}

/** @param {string} text */
function plain(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * @param {string} id
 * @param {PackRow | undefined} row
 * @returns {ShownMessage}
 */
function quarantined(id, row) {
  return {
    id,
    subject: row?.subject ?? '',
    from: row?.from ?? [],
    to: row?.to ?? [],
    cc: row?.cc ?? [],
    replyTo: [],
    date: row?.date ?? null,
    messageId: '',
    inReplyTo: '',
    references: '',
    encrypted: true,
    signature: unsigned(),
    protections: {},
    encryption: null,
    harvest: null,
    text: '',
    html: null,
    attachments: [],
    notices: [],
    quarantined: 'decrypt-failed',
  };
}
