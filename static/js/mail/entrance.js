/**
 * Logging in, opening an account and opening the mailbox (docs/API.md), with a card through the bridge or with a
 * passkey. One card operation and one PIN, or one passkey gesture, do both: what proved who the person is also unlocks.
 */
import { fromBase64, toBase64 } from '../cms/octets.js';
import { assertPasskey, createPasskey } from '../keys/webauthn.js';
import { certificatesOf, readKeyMaterial, sealedMailbox } from './key-material.js';

/** @typedef {import('./api.js').Api} Api */
/** @typedef {import('../keys/agent.js').Unlock} Unlock */
/** @typedef {import('../keys/agent.js').Identity} Identity */
/** @typedef {import('./workroom.js').Workroom} Workroom */

/** @typedef {{status: 'ok'} | {status: 'unknown', name: string, rppsNumber: string, profession: string, suggestedAddress: string}} CardAnswer */

/**
 * @typedef {object} Opened a mailbox whose keys are now held for this page
 * @property {string} mailboxId
 * @property {string} address
 * @property {number} epoch
 * @property {Identity} identity
 * @property {import('../keys/agent.js').Role} role
 * @property {'full'|'recovery'} level
 * @property {string | null} until
 * @property {boolean} keyChangeDue
 * @property {import('../keys/agent.js').Member[]} members
 * @property {boolean} bridge
 */

/** Nothing to open: the person has no grant of the kind just shown. */
export class NoGrant extends Error {
  code = 'GRANT_REFUSED';
  data = { reason: 'no-grant' };
}

export class Entrance {
  /** @type {Unlock | null} */ #unlock = null;
  /** @type {Identity | null} */ #person = null;

  /**
   * @param {Api} api
   * @param {Workroom} room
   */
  constructor(api, room) {
    this.api = api;
    this.room = room;
  }

  /** Whether a card or passkey was shown whose key can open without asking again. */
  get ready() {
    return this.#unlock !== null;
  }

  /** What was shown opened nothing: the next attempt asks again. */
  forget() {
    if (this.#unlock) wipe(this.#unlock);
    this.#unlock = null;
  }

  /** @param {string} card use it to open, without logging in again */
  chooseCard(card) {
    this.#unlock = { card };
  }

  /**
   * @param {string} card
   * @param {(step: 'pin'|'checking') => void} onStep
   * @returns {Promise<CardAnswer>}
   */
  async logInWithCard(card, onStep) {
    const { challenge } = await this.api.post('/auth/challenge');
    onStep('pin');
    const token = await this.room.call('authToken', [card, challenge]);
    onStep('checking');
    const answer = await this.api.post('/auth/card', { token });
    this.#unlock = { card };
    if (answer.status === 'unknown') this.#person = cardPerson(answer);
    return answer;
  }

  /** @param {AbortSignal} [signal] */
  async logInWithPasskey(signal) {
    const { credentialId, prf, response } = await assertPasskey(await this.api.post('/auth/passkey/options'), signal);
    await this.api.post('/auth/passkey', response);
    await this.room.useVault();
    this.#unlock = { passkey: { credentialId, prf } };
  }

  /** The server asks once more who is there; the keys stay open. @param {AbortSignal} [signal] */
  async provePasskey(signal) {
    const { prf, response } = await assertPasskey(await this.api.post('/auth/passkey/options'), signal);
    prf.fill(0);
    await this.api.post('/auth/passkey', response);
  }

  /**
   * A printed recovery code: it logs in and opens to read, for an hour.
   * @param {string} address
   * @param {string} code as typed or scanned
   * @throws {import('../keys/recovery-code.js').CodeRefused}
   */
  async logInWithRecovery(address, code) {
    const [{ readCode }, { signRecoveryLogin }] = await Promise.all([import('../keys/recovery-code.js'), import('../keys/holder-keys.js')]);
    const secret = await readCode(code);
    const { challenge } = await this.api.post('/auth/challenge');
    const signature = toBase64(await signRecoveryLogin(secret, location.origin, challenge));
    await this.api.post('/auth/recovery', { address, signature });
    await this.room.useVault();
    this.#unlock = { recovery: { secret } };
  }

  /**
   * For a card that opens nothing yet: what else opens this person's mailbox, by the bridge, which signs with the card.
   * @param {'passkey' | {code: string} | {card: string}} by
   * @param {AbortSignal} [signal]
   */
  async presentBeside(by, signal) {
    if (by !== 'passkey' && 'card' in by) {
      this.#unlock = by;
    } else if (by === 'passkey') {
      const { credentialId, prf } = await assertPasskey(await this.api.post('/auth/passkey/options'), signal);
      this.#unlock = { passkey: { credentialId, prf } };
    } else {
      const { readCode } = await import('../keys/recovery-code.js');
      this.#unlock = { recovery: { secret: await readCode(by.code) } };
    }
  }

  /** The card that logged in says what it can do, for the one that opens the mailbox to let it in. @param {string} accountId */
  async announceCard(accountId) {
    const unlock = this.#required();
    if ('card' in unlock) await this.#proveCard(unlock.card, accountId);
  }

  /**
   * Shares that holders released to this person open a mailbox to read, for a while.
   * @param {string} accountId
   * @param {import('../keys/agent.js').OfficerUnlock} officer
   */
  async openWithShares(accountId, officer) {
    const before = this.#unlock;
    this.#unlock = { officer };
    return this.openMailbox(accountId).finally(() => { this.#unlock = before; });
  }

  /**
   * @param {{name: string, address: string}} person
   * @param {AbortSignal} [signal]
   * @returns {Promise<{suggestedAddress: string}>}
   */
  async registerPasskey({ name, address }, signal) {
    const options = await this.api.post('/auth/passkey/register/options', { name, address });
    const { credentialId, prf, response } = await createPasskey(options, signal);
    const answer = await this.api.post('/auth/passkey/register', response);
    await this.room.useVault();
    this.#unlock = { passkey: { credentialId, prf } };
    this.#person = { level: 'passkey', idType: '', idValue: '', name, profession: '' };
    return answer;
  }

  /**
   * Keys, certificates, genesis: the account of who just proved himself.
   * @param {string} address
   * @param {(step: 'keys'|'consent'|'completing') => void} onStep
   * @returns {Promise<Opened>} the new mailbox, already open
   */
  async openAccount(address, onStep) {
    return this.#create(address, /** @type {Identity} */ (this.#person), { route: '/open', extra: {}, onStep });
  }

  /**
   * A mailbox that is no person's: its first owner opens it with his own card.
   * @param {{address: string, kind: string}} inbox
   * @param {Identity} person as the card that is in the reader proved him
   * @param {() => Promise<unknown>} prove who is there, once more
   * @returns {Promise<Opened>} the new mailbox, already open
   */
  async openInbox({ address, kind }, person, prove) {
    const unlock = this.#required();
    if (!('card' in unlock)) throw new NoGrant();
    await prove();
    return this.#create(address, person, { route: '/services', extra: { kind }, onStep: () => {} });
  }

  /**
   * @param {string} address
   * @param {Identity} person
   * @param {{route: '/open' | '/services', extra: {kind?: string}, onStep: (step: 'keys'|'consent'|'completing') => void}} how
   * @returns {Promise<Opened>}
   */
  async #create(address, person, { route, extra, onStep }) {
    const unlock = this.#required();
    onStep('keys');
    const { handle, encryptionRequest, signatureRequest } = await this.room.call('requestCertificates', [{ address }]);
    const requests = { encryptionRequest: toBase64(encryptionRequest), signatureRequest: toBase64(signatureRequest) };
    const [answer, revocation] = await Promise.all([this.api.post(`${route}/certify`, { ...extra, address, ...requests }), this.api.revocation()]);
    const certified = certification(answer);
    onStep('consent');
    const created = await this.room.call('createMailbox', [{ handle, address, ...certified, holder: holderOf(unlock, person) }]);
    onStep('completing');
    const { mailboxId } = certified;
    await this.api.post(`${route}/complete`, {
      mailboxId,
      grant: toBase64(created.grant),
      binding: toBase64(created.binding),
      logEntry: toBase64(created.logEntry),
    });
    const opened = { handle, mailboxId, address, epoch: created.epoch, identity: person };
    const { encryptionCertificate } = certified;
    await this.room.call('adopt', [{ opened, encryptionCertificate, revocation, card: 'card' in unlock ? unlock.card : undefined }]);
    if ('card' in unlock) await this.#proveCard(unlock.card, mailboxId).catch(() => {}); // nobody can grant to it yet: that can be made up for
    return this.#done(opened, unlock);
  }

  /**
   * @param {string} accountId
   * @returns {Promise<Opened>}
   */
  async openMailbox(accountId) {
    const unlock = this.#required();
    const [kind] = Object.keys(unlock);
    const material = await readKeyMaterial(this.api, accountId);
    const newestFirst = material.grants.filter((grant) => grant.holderKind === kind).sort((one, other) => other.epoch - one.epoch);
    const usable = newestFirst.flatMap((grant) => sealedMailbox(grant, material, unlock) ?? []);
    for (const [index, sealed] of usable.entries()) {
      try {
        return this.#done(await this.room.call('open', [sealed, material.revocation, certificatesOf(material.keys)]), unlock);
      } catch (error) {
        // Several cards or passkeys may hold grants: the agent says which one is not for this one.
        if (!isForAnother(error) || index === usable.length - 1) throw error;
      }
    }
    throw new NoGrant();
  }

  /** What the card's key can do, so that colleagues may grant to it while its holder is away. @param {string} card @param {string} accountId */
  async #proveCard(card, accountId) {
    const { certificate, chain, proof } = await this.room.call('ask', ['proveCard', [card]]);
    const create = { card: { certificate: toBase64(certificate), chain: chain.map(toBase64), proof: toBase64(proof) } };
    await this.api.call('Credential/set', { accountId, create });
  }

  /** @returns {Unlock} */
  #required() {
    if (!this.#unlock) throw new NoGrant();
    return this.#unlock;
  }

  /**
   * @param {Pick<import('../keys/agent.js').OpenedMailbox, 'mailboxId' | 'address' | 'epoch' | 'identity'> & Partial<import('../keys/agent.js').OpenedMailbox>} opened
   * @param {Unlock} unlock
   * @returns {Opened}
   */
  #done({ mailboxId, address, epoch, identity, role = 'owner', level = 'full', until = null, keyChangeDue = false, members = [] }, unlock) {
    // A secret has done its work; a card's pseudonym is none and opens again after a lock.
    if (!('card' in unlock)) this.#unlock = null;
    wipe(unlock);
    return { mailboxId, address, epoch, identity, role, level, until, keyChangeDue, members, bridge: !this.room.vault };
  }
}

/** A secret has done its work, or opened nothing. @param {Unlock} unlock */
function wipe(unlock) {
  if ('passkey' in unlock) unlock.passkey.prf.fill(0);
  if ('recovery' in unlock) unlock.recovery.secret.fill(0);
}

/** @param {any} error the grant is for another card or passkey of the same person */
function isForAnother({ code, data }) {
  return code === 'RECIPIENT_MISMATCH' || (code === 'GRANT_REFUSED' && data?.reason === 'recipient-mismatch');
}

/** @param {{name: string, rppsNumber: string, profession: string}} answer @returns {Identity} */
function cardPerson({ name, rppsNumber, profession }) {
  return { level: 'card', idType: rppsNumber ? 'RPPS' : '', idValue: rppsNumber ?? '', name, profession };
}

/**
 * @param {Unlock} unlock
 * @param {Identity} person
 * @returns {import('../keys/agent.js').NewHolder}
 */
function holderOf(unlock, { name, idType, idValue }) {
  if ('card' in unlock) return unlock;
  if (!('passkey' in unlock)) throw new NoGrant();
  return { passkey: { ...unlock.passkey, name, idType, idValue } };
}

/** @param {any} answer of `/open/certify` */
function certification({ mailboxId, encryptionCertificate, signatureCertificate, chain, crls }) {
  return {
    mailboxId,
    encryptionCertificate: fromBase64(encryptionCertificate),
    signatureCertificate: fromBase64(signatureCertificate),
    chain: chain.map(fromBase64),
    crls: crls.map(fromBase64),
  };
}
