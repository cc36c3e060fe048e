/**
 * Who may be written to: directory entries are candidates, the key agent validates their certificates, pins say
 * whether the person is the one of last time (DESIGN §4.8; reference security §2.4). For whom the directory does not know,
 * the certificate that he announced himself is a candidate, once a person has adopted it.
 */
import { fromBase64 } from '../cms/octets.js';
import { comparePin, mergePins, noPins, pinName, pinOf } from './pins.js';

/** @typedef {import('./pins.js').Pin} Pin */
/** @typedef {import('./pins.js').PinOutcome} PinOutcome */
/** @typedef {import('./correspondents.js').Correspondent} Correspondent */
/** @typedef {import('../keys/agent.js').Verdict} Verdict */
/** @typedef {import('../pages/store-types.js').DirectoryEntry} DirectoryEntry */

/**
 * @typedef {DirectoryEntry & {
 *   encryptionCertificate?: string|null, signatureCertificate?: string|null, chain?: string[], binding?: string|null, logEntry?: string|null, ocsps?: string[]
 * }} CertifiedEntry as the server gives it, binary values base64
 */

/**
 * @typedef {object} Recipient one address of a message about to leave
 * @property {string} address
 * @property {DirectoryEntry | null} entry
 * @property {'ready'|'offered'|'no-certificate'|'expired'|'revoked'|'refused'|'unknown'} state `offered`: a good
 *   certificate came in a signed message, and waits for a person to adopt it
 * @property {Announced} [announced] where not the directory but the recipient himself gave the certificate
 * @property {string} [name] that the certificate proves, where the directory has none
 * @property {string} [error] why it was refused
 * @property {PinOutcome} [pin] `first` is shown, `changed` blocks until accepted
 * @property {Pin} [seen] what accepting would remember
 * @property {Pin} [known] who it was before
 * @property {import('./protection.js').RecipientKey} [key] only where state is ready
 */

/** @typedef {{seen: string, authority: string}} Announced when, RFC 3339, and who vouches for the certificate */
/** @typedef {Pick<import('./correspondents-object.js').Correspondents, 'person' | 'adopt'>} KnownPeople */

/** A recipient cannot be written to, or must be looked at first; `data.recipients` names them. */
export class RecipientError extends Error {
  name = 'RecipientError';

  /**
   * @param {'no-recipient'|'recipient-without-certificate'|'recipient-refused'|'identity-changed'} code
   * @param {Recipient[]} [recipients]
   */
  constructor(code, recipients = []) {
    super(code);
    this.code = code;
    this.recipients = recipients;
    this.data = { addresses: recipients.map(({ address }) => address), reason: recipients[0]?.error };
  }
}

/** The identifier of the one pins object of a mailbox. */
const PINS_ID = '70696e73000000000000000000000000';

/** @type {KnownPeople} */
const NOBODY = Object.freeze({ person: async () => null, adopt: async () => {} });

export class Recipients {
  /** @type {import('./pins.js').Pins | null} */ #pins = null;

  /**
   * @param {import('./api.js').Api} api
   * @param {string} accountId
   * @param {import('./sealed.js').SealedObjects} objects
   * @param {(items: import('../keys/agent.js').UnverifiedCertificate[]) => Promise<Verdict[]>} validate
   * @param {KnownPeople} [correspondents]
   */
  constructor(api, accountId, objects, validate, correspondents = NOBODY) {
    this.api = api;
    this.accountId = accountId;
    this.objects = objects;
    this.validate = validate;
    this.correspondents = correspondents;
  }

  /** @param {string} text at least two characters @returns {Promise<DirectoryEntry[]>} */
  async suggest(text) {
    if (text.trim().length < 2) return [];
    const { list } = await this.api.call('Directory/query', { accountId: this.accountId, text: text.trim() });
    return list;
  }

  /** @param {string[]} addresses @returns {Promise<(CertifiedEntry | null)[]>} in order */
  async lookup(addresses) {
    if (addresses.length === 0) return [];
    const answers = [];
    for (let start = 0; start < addresses.length; start += 100) {
      const batch = addresses.slice(start, start + 100);
      answers.push(this.api.call('Directory/lookup', { accountId: this.accountId, addresses: batch }));
    }
    return (await Promise.all(answers)).flatMap(({ list }) => list);
  }

  /**
   * Everything the composer says about addresses before it sends.
   * @param {string[]} addresses
   * @returns {Promise<Recipient[]>} in order
   */
  async check(addresses) {
    const people = addresses.map((address) => this.correspondents.person(address));
    const [entries, pins, known] = await Promise.all([this.lookup(addresses), this.#loadPins(), Promise.all(people)]);
    const candidates = entries.map((entry, index) => candidate(addresses[index], entry, known[index]));
    const usable = candidates.filter(({ item }) => item);
    const verdicts = usable.length ? await this.validate(usable.map(({ item }) => /** @type {any} */ (item))) : [];
    const verdictOf = new Map(usable.map((each, index) => [each, verdicts[index]]));
    return candidates.map((each) => judge(each, verdictOf.get(each), pins.pins[pinName(each.recipient.address)]));
  }

  /**
   * @param {string[]} addresses
   * @returns {Promise<Recipient[]>} all ready
   * @throws {RecipientError}
   */
  async require(addresses) {
    if (addresses.length === 0) throw new RecipientError('no-recipient');
    const checked = await this.check(addresses);
    const refused = checked.filter(({ state }) => state === 'refused');
    if (refused.length) throw new RecipientError('recipient-refused', refused);
    const missing = checked.filter(({ state }) => state !== 'ready');
    if (missing.length) throw new RecipientError('recipient-without-certificate', missing);
    const changed = checked.filter(({ pin }) => pin === 'changed');
    if (changed.length) throw new RecipientError('identity-changed', changed);
    return checked;
  }

  /**
   * A person looked at them and said yes: to a changed identity, or to a certificate that was announced.
   * @param {Recipient[]} recipients
   */
  async accept(recipients) {
    for (const { address, state } of recipients) if (state === 'offered') await this.correspondents.adopt(address);
    await this.remember(recipients);
  }

  /**
   * Remember who was written to: after a first contact, a renewal, or a change that a person accepted.
   * @param {Recipient[]} recipients
   */
  async remember(recipients) {
    const news = recipients.filter(({ pin, seen }) => seen && pin !== 'same');
    if (news.length === 0) return;
    const pins = await this.#loadPins();
    const added = Object.fromEntries(news.map(({ address, seen }) => [pinName(address), /** @type {Pin} */ (seen)]));
    const next = { v: /** @type {const} */ (1), pins: { ...pins.pins, ...added } };
    this.#pins = await this.objects.write('pins', PINS_ID, next, mergePins);
  }

  /** @returns {Promise<import('./pins.js').Pins>} */
  async #loadPins() {
    if (this.#pins) return this.#pins;
    const record = await this.objects.find(PINS_ID);
    this.#pins = record ? await this.objects.read(record) : noPins();
    return /** @type {import('./pins.js').Pins} */ (this.#pins);
  }
}

/**
 * @typedef {object} Candidate
 * @property {Recipient} recipient as it stands without a verdict
 * @property {import('../keys/agent.js').UnverifiedCertificate | null} item
 * @property {Correspondent | null} person
 */

/**
 * @param {string} address
 * @param {CertifiedEntry | null} entry
 * @param {Correspondent | null} person
 * @returns {Candidate}
 */
function candidate(address, entry, person) {
  const plain = entry && plainEntry(entry);
  if (entry?.state === 'ready' && entry.encryptionCertificate) {
    return { recipient: { address, entry: plain, state: 'unknown' }, item: unverified(address, entry), person };
  }
  const state = entry?.state === 'ready' ? 'no-certificate' : (entry?.state ?? 'unknown');
  /** @type {Recipient} */
  const recipient = { address, entry: plain, state };
  if (!person?.certificate || !mayAnnounce(entry)) return { recipient, item: null, person };
  return { recipient: { ...recipient, announced: { seen: person.seen, authority: '' } }, item: ownWord(address, person), person };
}

/** Where the directory speaks, it is not contradicted: a cancelled certificate stays so, and a Pli mailbox needs its binding. @param {CertifiedEntry | null} entry */
const mayAnnounce = (entry) => !entry || (!entry.internal && entry.state !== 'revoked');

/**
 * @param {string} address
 * @param {Correspondent} person
 * @returns {import('../keys/agent.js').UnverifiedCertificate}
 */
const ownWord = (address, { certificate, chain }) => ({ certificate: fromBase64(certificate), chain: chain.map(fromBase64), purpose: 'encrypt', address });

/**
 * @param {string} address
 * @param {CertifiedEntry} entry
 * @returns {import('../keys/agent.js').UnverifiedCertificate}
 */
function unverified(address, { encryptionCertificate, chain = [], binding, logEntry, ocsps = [] }) {
  return {
    certificate: fromBase64(/** @type {string} */ (encryptionCertificate)),
    chain: chain.map(fromBase64),
    purpose: 'encrypt',
    address,
    ...(binding && { binding: fromBase64(binding) }),
    ...(logEntry && { logEntry: fromBase64(logEntry) }),
    ...(ocsps.length && { ocsps: ocsps.map(fromBase64) }),
  };
}

/**
 * @param {Candidate} candidate
 * @param {Verdict | undefined} verdict
 * @param {Pin | undefined} known
 * @returns {Recipient}
 */
function judge({ recipient, item, person }, verdict, known) {
  if (!item || !verdict) return recipient;
  const announced = recipient.announced && { ...recipient.announced, authority: verdict.authority ?? '' };
  const found = { ...recipient, ...(announced && { announced }) };
  if (!verdict.ok) return { ...found, ...refusal(verdict, Boolean(announced)) };
  if (!recipient.entry && verdict.identity?.name) found.name = verdict.identity.name;
  if (announced && !person?.adopted) return { ...found, state: 'offered' };
  const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const seen = pinOf(verdict.identity, { encryptionSpki: verdict.spki256 ?? '', since });
  const key = { certificate: item.certificate, internal: recipient.entry?.internal ?? false, capabilities: person?.capabilities ?? [] };
  return { ...found, state: 'ready', pin: comparePin(known, seen), seen, known, key };
}

/**
 * What the recipient announced ends one day, and nobody is to blame; what the directory says must hold.
 * @param {Verdict} verdict
 * @param {boolean} announced
 * @returns {Pick<Recipient, 'state' | 'error'>}
 */
function refusal({ error, reason }, announced) {
  if (announced && error === 'certificate-expired') return { state: 'expired', error };
  return { state: 'refused', error: error === 'act-refused' ? reason : error };
}

/** @param {CertifiedEntry} entry @returns {DirectoryEntry} without the binary members */
export function plainEntry({ address, name, rppsNumber, profession, kind, level, internal, state }) {
  return { address, name, rppsNumber, profession, kind, level, internal, state };
}
