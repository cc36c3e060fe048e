/** The mailboxes that one session of one key agent has open; what acts on their members goes through here. */
import { OpenedMailbox } from './opened-mailbox.js';

/** @typedef {import('../keys/agent.js').KeyAgent} KeyAgent */
/** @typedef {import('./opened-mailbox.js').MailboxSecrets} MailboxSecrets */
/** @typedef {{handle: string, epoch: number, encryptionCertificate: Uint8Array<ArrayBuffer>}} RenewedKeys */

const ACTS = Object.freeze(['members', 'makeGrants', 'rotate', 'appendLog', 'recoverySheet', 'dropSheet', 'makeRecovery', 'makeOfficers', 'beginExport', 'putExport', 'endExport']);
const QUESTIONS = Object.freeze(['proveCard', 'requestRecovery', 'releaseShare']);

/** This mailbox is not open. */
export class NotOpen extends Error {
  code = 'locked';
}

export class OpenMailboxes {
  /** @type {Map<string, OpenedMailbox>} by mailbox id */ #all = new Map();
  #agent;

  /** @param {() => KeyAgent} agent */
  constructor(agent) {
    this.#agent = agent;
  }

  /** Of the keys of each. */
  get handles() {
    return [...this.#all.values()].map(({ handle }) => handle);
  }

  /** @param {string} mailboxId @returns {OpenedMailbox} @throws {NotOpen} */
  of(mailboxId) {
    const mailbox = this.#all.get(mailboxId);
    if (!mailbox) throw new NotOpen('This mailbox is not open');
    return mailbox;
  }

  /** What is known of one that was opened before. @param {string} mailboxId @returns {import('../keys/agent.js').OpenedMailbox | null} null: it was not */
  known(mailboxId) {
    return this.#all.get(mailboxId)?.secrets.opened ?? null;
  }

  /** Whether an event of the agent says something here: a handle that a new epoch left behind, or that another tab opened, ends nothing. @param {string} event @param {any} detail */
  concerns(event, detail) {
    return event !== 'session-ended' || this.handles.includes(detail.handle);
  }

  /** @param {Omit<MailboxSecrets, 'agent'>} secrets a mailbox just opened or created; one known goes on with its rows */
  adopt(secrets) {
    const { mailboxId } = secrets.opened;
    const complete = { ...secrets, agent: this.#agent() };
    const known = this.#all.get(mailboxId);
    if (known) this.#follow(known, complete);
    this.#all.set(mailboxId, known ?? new OpenedMailbox(complete));
  }

  /** @param {OpenedMailbox} known @param {MailboxSecrets} secrets */
  #follow(known, secrets) {
    const old = known.renew(secrets);
    if (old !== known.handle) void this.forget(old);
  }

  /** The new epoch of a mailbox, made in this session. @param {OpenedMailbox} mailbox @param {RenewedKeys} renewed */
  renew({ secrets }, { handle, epoch, encryptionCertificate }) {
    const { opened } = secrets;
    const older = secrets.certificates ?? [{ epoch: opened.epoch, certificate: secrets.encryptionCertificate }];
    const epochs = [epoch, ...(opened.epochs ?? [opened.epoch])];
    this.adopt({
      ...secrets, opened: { ...opened, handle, epoch, epochs, keyChangeDue: false }, encryptionCertificate,
      certificates: [{ epoch, certificate: encryptionCertificate }, ...older],
    });
  }

  /** @param {string} handle of keys that are needed no more */
  forget(handle) {
    return this.#agent().lock(handle).catch(() => {});
  }

  /** One that is not shown, and whose right has ended. @param {string} mailboxId */
  async drop(mailboxId) {
    const known = this.#all.get(mailboxId);
    this.#all.delete(mailboxId);
    if (known) await this.forget(known.handle);
  }

  async lock() {
    const { handles } = this;
    this.#all.clear();
    await Promise.all(handles.map((handle) => this.forget(handle)));
  }

  /** What acts on a mailbox. @param {OpenedMailbox} mailbox @param {string} verb @param {any[]} values */
  act({ handle }, verb, values = []) {
    if (!ACTS.includes(verb)) throw new TypeError(`No act ${verb}`);
    return /** @type {any} */ (this.#agent())[verb](handle, ...values);
  }

  /** What needs no open mailbox. @param {string} verb @param {any[]} values */
  ask(verb, values = []) {
    if (!QUESTIONS.includes(verb)) throw new TypeError(`No question ${verb}`);
    return /** @type {any} */ (this.#agent())[verb](...values);
  }
}
