/**
 * What each kind of act after the genesis may do, and to what it changes the membership (docs/FORMATS.md, *Membership*). Every
 * function takes the membership before an act and gives the one after it, or throws ActRefused. Dates are compared with the
 * time the entry states. Twin: bridge/cms/act_rules.py.
 * @module
 */
import { equal, toHex } from '../cms/octets.js';
import { ActRefused } from './errors.js';
import { encodeGrantBody } from './formats.js';
import { expired, holderId, isSpent, manages, personOf, personOfSigner, rank } from './members.js';

/** @typedef {import('./members.js').Membership} Membership */
/** @typedef {import('./members.js').Member} Member */
/** @typedef {import('./members.js').Person} Person */
/** @typedef {import('./members.js').VerifiedEntry} VerifiedEntry */
/** @typedef {import('./formats.js').GrantBody} GrantBody */
/** @typedef {import('./formats.js').Binding} Binding */
/** @typedef {import('./formats.js').RecoveryPolicy} RecoveryPolicy */
/** @typedef {{body: GrantBody, digest: string}} NewBody digest: hex */
/** @typedef {{person: Person, rights: import('./members.js').Rights}} Signer */
/**
 * @typedef {object} Act a verified entry with what it names by hash
 * @property {VerifiedEntry} entry
 * @property {NewBody[]} grants that begin here
 * @property {Binding | null} binding
 * @property {{policy: RecoveryPolicy, digest: string} | null} policy
 */

/** As far as an act may be dated before the one that it follows, milliseconds: clocks differ. */
const CLOCKS_DIFFER = 3_600_000;
const ONES_OWN = Object.freeze(['passkey', 'recovery']);

/** @param {Membership} before @param {Act} act @returns {Membership} */
export function applyAct(before, act) {
  checkShape(act.entry.entry);
  if (timeOf(act).getTime() < before.time.getTime() - CLOCKS_DIFFER) throw new ActRefused('time-backwards'); // who may no longer sign would state a time when he might
  const after = RULES[act.entry.entry.kind](before, act);
  if (!after.active.some((one) => manages(one.body.role) && !expired(one, timeOf(act)))) throw new ActRefused('last-owner');
  return after.with({ head: { seq: act.entry.entry.seq, hash: act.entry.hash }, time: latest(before.time, timeOf(act)), policies: livingPolicies(after) });
}

/** @param {Act} act */
const timeOf = ({ entry }) => entry.entry.time;
/** @param {Date} one @param {Date} other */
const latest = (one, other) => (one > other ? one : other);
/** @param {Act} act @returns {string[]} hex */
const endsOf = ({ entry }) => (entry.entry.ends ?? []).map(toHex);

/** How many grants, bindings, ends and subjects an entry of each kind lists: least and most. @type {Readonly<Record<string, readonly (readonly [number, number])[]>>} */
const SHAPES = Object.freeze({
  genesis: [[1, 1], [1, 1], [0, 0], [0, 0]],
  grant: [[1, Infinity], [0, 0], [0, Infinity], [0, 0]],
  revoke: [[0, 0], [0, 0], [1, Infinity], [0, 0]],
  rotate: [[1, Infinity], [1, 1], [0, Infinity], [0, 0]],
  certChange: [[1, Infinity], [0, 0], [1, Infinity], [0, 0]],
  recovery: [[0, 0], [0, 0], [0, 0], [1, 1]],
  confirm: [[1, Infinity], [0, 0], [0, 0], [0, 0]],
  policy: [[0, 1], [0, 0], [0, Infinity], [1, 1]],
});

/** Each kind lists what it is about and nothing else. @param {import('./formats.js').LogEntry} entry @throws {ActRefused} malformed */
export function checkShape({ kind, grants, bindings, ends, subject }) {
  const counts = [grants.length, bindings.length, ends?.length ?? 0, subject ? 1 : 0];
  const within = counts.every((count, index) => SHAPES[kind][index][0] <= count && count <= SHAPES[kind][index][1]);
  const once = [grants, ends ?? []].every((hashes) => new Set(hashes.map(toHex)).size === hashes.length);
  if (!within || !once) throw new ActRefused('malformed');
}

/** @type {Readonly<Record<string, (before: Membership, act: Act) => Membership>>} */
const RULES = Object.freeze({
  genesis() {
    throw new ActRefused('malformed');
  },
  grant(before, act) {
    const signer = managerOf(before, act);
    return add(end(before, act, signer), before, act, signer, act.grants);
  },
  revoke(before, act) {
    const person = before.signer(act.entry);
    const over = endsOf(act).map((digest) => before.current(digest));
    const leaves = over.every((one) => one.person === person) && !before.signedByMailbox(act.entry);
    const after = leaves ? ended(before, act) : end(before, act, managerOf(before, act)); // who goes asks nobody
    return after.with({ revoked: before.revoked || over.some(({ state }) => state === 'active') });
  },
  rotate,
  certChange,
  recovery,
  confirm,
  policy,
});

/** A new card, or other unlocker, of one person in place of an old one; it gives what the old one gave. @param {Membership} before @param {Act} act */
function certChange(before, act) {
  const over = endsOf(act).map((digest) => before.current(digest));
  const people = new Set([...over.map(({ person }) => person), ...act.grants.map(({ body }) => personOf(body.holder, before.owner))]);
  if (people.size !== 1) throw new ActRefused('identity-changed');
  const given = new Set(over.map(({ body }) => giving(body)));
  if (act.grants.some(({ body }) => !given.has(giving(body)))) throw new ActRefused('rights-changed');
  const signer = ownOrManager(before, act, [...people][0]);
  return add(end(before, act, signer), before, act, signer, act.grants);
}

/** @param {GrantBody} body */
const giving = ({ role, historyFromEpoch, notAfter }) => `${role} ${historyFromEpoch} ${notAfter?.getTime()}`;

/** A new epoch: everybody with a right gets it again, newcomers may come, and what is not given again is over. @param {Membership} before @param {Act} act */
function rotate(before, act) {
  const signer = managerOf(before, act);
  const binding = nextBinding(before, act);
  const over = end(before, act, signer);
  if (act.grants.some(({ body }) => body.historyFromEpoch < signer.rights.historyFrom)) throw new ActRefused('history-above-signer');
  const carried = carriedBy(over, act);
  checkNobodyDropped(over, new Set([...carried.values()].map(({ digest }) => digest)), timeOf(act));
  const opened = over.with({
    bindings: new Map([...before.bindings, [binding.epoch, binding]]),
    floors: new Map([...before.floors, [binding.epoch, Math.max(...act.grants.map(({ body }) => body.historyFromEpoch))]]),
    members: over.members.map(overOne),
    revoked: false,
  });
  return add(carry(opened, act, carried), before, act, signer, act.grants.filter((one) => !carried.has(one)));
}

/** @param {Membership} before @param {Act} act */
function confirm(before, act) {
  const signer = managerOf(before, act);
  const confirmed = act.entry.entry.grants.map(toHex);
  for (const digest of confirmed) {
    const member = before.current(digest);
    if (member.state !== 'pending') throw new ActRefused('not-pending');
    checkConfirms(before, act, signer, member);
  }
  const members = before.members.map((one) => (confirmed.includes(one.digest) ? { ...one, state: /** @type {const} */ ('active') } : one));
  return before.with({ members });
}

/**
 * Somebody else agrees. Where nobody else is left who could, the proposer gives alone what he could then give anew.
 * @param {Membership} before @param {Act} act @param {Signer} signer @param {Member} member
 */
function checkConfirms(before, act, signer, { person, proposer, body }) {
  const proposed = signer.person === proposer;
  if (signer.person === person || (proposed && others(before, act, signer, person).length)) throw new ActRefused('confirm-self');
  if (proposed) checkNoMore(signer, body);
}

/** Who manages besides the signer and that person. @param {Membership} before @param {Act} act @param {Signer} signer @param {Person} person */
const others = (before, act, signer, person) => [...before.managers(timeOf(act))].filter((one) => one !== signer.person && one !== person);

/** @param {Membership} before @param {Act} act */
function policy(before, act) {
  const signer = managerOf(before, act);
  const after = add(end(before, act, signer), before, act, signer, act.grants);
  if (!act.policy) throw new ActRefused('body-missing');
  const { policy: stated, digest } = act.policy;
  const granted = after.active.find((one) => one.digest === toHex(stated.grantBody));
  const sound = equal(stated.mailboxId, act.entry.entry.mailboxId) && granted?.body.holder.kind === 'officer';
  if (!granted || !sound) throw new ActRefused('policy-mismatch');
  const logged = { policy: stated, digest, seq: act.entry.entry.seq, reference: toHex(granted.body.holder.reference), releases: new Map() };
  return after.with({ policies: new Map([...after.policies, [stated.kind, logged]]) });
}

/** One who holds a share has released it for a request. @param {Membership} before @param {Act} act */
function recovery(before, act) {
  const request = toHex(act.entry.entry.subject ?? new Uint8Array());
  const person = personOfSigner(act.entry);
  const held = [...before.policies].filter(([, one]) => holdsShare(one.policy, act.entry));
  if (held.length === 0) throw new ActRefused('not-a-share-holder');
  if (held.some(([, one]) => one.releases.get(request)?.has(person))) throw new ActRefused('already-released');
  const released = held.map(([kind, one]) => {
    const releases = new Map([...one.releases, [request, new Set([...(one.releases.get(request) ?? []), person])]]);
    return /** @type {const} */ ([kind, { ...one, releases }]);
  });
  return before.with({ policies: new Map([...before.policies, ...released]) });
}

/** @param {RecoveryPolicy} stated @param {VerifiedEntry} entry */
function holdsShare({ holders }, entry) {
  const person = personOfSigner(entry);
  return holders.some(({ idType, idValue, reference }) => (idValue ? person === `${idType} ${idValue}` : entry.signerCertificate === toHex(reference)));
}

/** The signer, if he manages at that time. @param {Membership} before @param {Act} act @returns {Signer} @throws {ActRefused} */
function managerOf(before, act) {
  const person = before.signer(act.entry);
  const rights = before.rights(person, timeOf(act));
  if (!rights || !manages(rights.role)) throw new ActRefused('signer-not-manager');
  if (before.signedByMailbox(act.entry)) checkAlone(before, act);
  return { person, rights };
}

/** @param {Membership} before @param {Act} act @param {Person} whose @returns {Signer} */
function ownOrManager(before, act, whose) {
  const person = before.signer(act.entry);
  const rights = before.rights(person, timeOf(act));
  if (rights && whose === person && !before.signedByMailbox(act.entry)) return { person, rights };
  return managerOf(before, act);
}

/** Every member holds the mailbox signature key, so it speaks for the owner only as long as nobody else has been one. @param {Membership} before @param {Act} act */
function checkAlone(before, act) {
  const members = before.members.filter(({ body }) => body.epoch === before.epoch).map(({ person }) => person);
  const people = new Set([...members, ...act.grants.map(({ body }) => personOf(body.holder, before.owner))]);
  if (people.size !== 1 || !people.has(before.owner)) throw new ActRefused('passkey-cannot-share');
}

/** @param {Membership} before @param {Act} act @param {Signer} signer */
function end(before, act, signer) {
  for (const digest of endsOf(act)) {
    const one = before.current(digest);
    const above = one.body.role === 'owner' && signer.rights.role !== 'owner';
    if (above && !keepsAnotherWay(before, act, one)) throw new ActRefused('owner-ended');
  }
  return ended(before, act);
}

/**
 * Whether it is one of several ways in of an owner, left out of a new epoch that is wrapped for another of them: he stays an owner, and
 * comes in. @param {Membership} before @param {Act} act @param {Member} over
 */
function keepsAnotherWay(before, act, over) {
  const others = before.active.filter(({ person, digest }) => person === over.person && !endsOf(act).includes(digest));
  return act.entry.entry.kind === 'rotate' && others.some((one) => givesAsMuch(one, over, timeOf(act)));
}

/** @param {Member} one @param {Member} other @param {Date} at */
function givesAsMuch(one, { body: needed }, at) {
  const { body } = one;
  const wrappedFor = body.notBefore <= at && !expired(one, at) && !isPasskeyWithoutKey(one);
  const reaches = body.role === needed.role && body.historyFromEpoch <= needed.historyFromEpoch;
  return wrappedFor && reaches && (!body.notAfter || (!!needed.notAfter && body.notAfter >= needed.notAfter));
}

/** @param {Membership} before @param {Act} act */
function ended(before, act) {
  const over = new Set(endsOf(act));
  const after = before.with({ members: before.members.map((one) => (over.has(one.digest) ? overOne(one) : one)) });
  const still = new Set([...after.active.map(({ person }) => person), ...act.grants.map(({ body }) => personOf(body.holder, before.owner))]);
  return after.with({ revoked: before.revoked || before.active.some(({ person }) => !still.has(person)) });
}

/** @param {Member} one @returns {Member} */
const overOne = (one) => ({ ...one, state: 'ended' });

/**
 * @param {Membership} after with what the act ends ended @param {Membership} before who managed when it was signed
 * @param {Act} act @param {Signer} signer @param {NewBody[]} bodies
 */
function add(after, before, act, signer, bodies) {
  return bodies.reduce((added, one) => {
    checkBody(added, act, one.body);
    checkOnesOwn(added, signer, one.body);
    checkNew(added, signer, one.body);
    return added.with({ members: [...added.members, newMember(before, act, signer, one)] });
  }, after);
}

/** The body is of this act, and of the keys of the current epoch. @param {Membership} after @param {Act} act @param {GrantBody} body */
function checkBody({ epoch, binding }, act, body) {
  const { mailboxId, address, seq, prevHash } = act.entry.entry;
  const stated = equal(body.mailboxId, mailboxId) && body.address === address && body.logSeq === seq && equal(body.prevLogHash, prevHash);
  if (!stated) throw new ActRefused('mailbox-mismatch');
  if (body.epoch !== epoch) throw new ActRefused('epoch-mismatch');
  const keys = equal(body.encryptionSpki, binding.encryptionSpki) && equal(body.signatureSpki, binding.signatureSpki);
  if (!keys) throw new ActRefused('certificate-mismatch');
}

/** A passkey or printed code made in another's name would log in as him, and outlast who made it. @param {Membership} after @param {Signer} signer @param {GrantBody} body */
function checkOnesOwn({ owner }, { person }, { holder }) {
  if (ONES_OWN.includes(holder.kind) && personOf(holder, owner) !== person) throw new ActRefused('identity-changed');
}

/** Nobody gives more than he has. @param {Signer} signer @param {GrantBody} body */
function checkNoMore({ rights }, body) {
  if (rank(body.role) > rank(rights.role)) throw new ActRefused('role-above-signer');
  if (body.historyFromEpoch < rights.historyFrom) throw new ActRefused('history-above-signer');
  if (rights.until && (!body.notAfter || body.notAfter > rights.until)) throw new ActRefused('end-above-signer');
}

/** @param {Membership} after @param {Signer} signer @param {GrantBody} body */
function checkNew(after, signer, body) {
  checkNoMore(signer, body);
  if (body.notAfter && body.notAfter < body.notBefore) throw new ActRefused('dates');
  if (body.holder.kind === 'officer' && body.role !== 'reader') throw new ActRefused('officer-role');
  if (!isSeparable(after, body.historyFromEpoch)) throw new ActRefused('rotation-needed');
  const named = holderId(body.holder);
  const same = after.members.filter((one) => holderId(one.body.holder) === named);
  if (same.some(({ state }) => state !== 'ended')) throw new ActRefused('already-member');
  if (same.length && body.holder.kind === 'officer') throw new ActRefused('policy-spent'); // shares of an old secret are about
}

/** Whether no history object of an epoch from there on holds an older one: its key comes with the epoch. @param {Membership} after @param {number} historyFrom */
function isSeparable({ floors }, historyFrom) {
  const later = [...floors].filter(([epoch]) => epoch >= historyFrom).map(([, floor]) => floor);
  return later.length > 0 && Math.min(...later) >= historyFrom;
}

/** @param {Membership} before @param {Act} act @param {Signer} signer @param {NewBody} one @returns {Member} */
function newMember(before, act, signer, { body, digest }) {
  const person = personOf(body.holder, before.owner);
  const makesManager = manages(body.role) && person !== signer.person;
  // By those who managed before: an act that ends them does not also do without them.
  const waits = makesManager && others(before, act, signer, person).length > 0;
  return {
    body, digest, person, seq: act.entry.entry.seq, since: timeOf(act), by: act.entry.signer, proposer: signer.person,
    state: waits ? 'pending' : 'active',
  };
}

/** Of the next epoch, with keys never used before, for the same address and person. @param {Membership} before @param {Act} act @returns {Binding} */
function nextBinding(before, { binding, entry }) {
  if (!binding) throw new ActRefused('binding-missing');
  if (!equal(binding.mailboxId, entry.entry.mailboxId) || binding.address !== entry.entry.address) throw new ActRefused('mailbox-mismatch');
  if (binding.epoch !== before.epoch + 1) throw new ActRefused('epoch-mismatch');
  const used = new Set([...before.bindings.values()].flatMap(({ encryptionSpki, signatureSpki }) => [toHex(encryptionSpki), toHex(signatureSpki)]));
  const next = [toHex(binding.encryptionSpki), toHex(binding.signatureSpki)];
  if (next[0] === next[1] || next.some((spki) => used.has(spki))) throw new ActRefused('key-reused');
  checkIdentity(before.binding.identity, binding.identity, entry.signer);
  return binding;
}

/** @typedef {import('./agent.js').Identity} Identity */

/** The person stays; a card may come to prove what was only claimed, if it is that person's own. @param {Identity} old @param {Identity} next @param {Identity} signer */
function checkIdentity(old, next, signer) {
  const same = old.idType === next.idType && old.idValue === next.idValue;
  if (!same || (!old.idValue && old.name !== next.name)) throw new ActRefused('identity-changed');
  const vouched = signer.level === next.level && signer.idType === old.idType && signer.idValue === old.idValue;
  if (old.level !== next.level && !(next.level === 'card' && old.idValue && vouched)) throw new ActRefused('identity-changed');
}

/** The bodies that repeat a member's right for the next epoch, each with that member. The others give something new. @param {Membership} over @param {Act} act */
function carriedBy(over, act) {
  const rights = new Map(over.active.filter((one) => !expired(one, timeOf(act))).map((one) => [rightOf(one.body), one]));
  /** @type {Map<NewBody, Member>} */
  const carried = new Map();
  for (const one of act.grants) {
    const member = rights.get(rightOf(one.body));
    if (!member) continue;
    if (isSpentOfficer(over, member)) throw new ActRefused('policy-spent');
    rights.delete(rightOf(one.body));
    carried.set(one, member);
  }
  return carried;
}

const NOWHERE = Object.freeze({
  grantId: new Uint8Array(16), mailboxId: new Uint8Array(16), address: '', epoch: 0, encryptionSpki: new Uint8Array(32), signatureSpki: new Uint8Array(32),
  encryptionCertificate: new Uint8Array(32), signatureCertificate: new Uint8Array(32), logSeq: 0, prevLogHash: new Uint8Array(32),
});

/** What a body gives, whatever the act and the epoch: holder, key, role, dates and history. @param {GrantBody} body */
const rightOf = (body) => toHex(encodeGrantBody({ ...body, ...NOWHERE }));

/** @param {Membership} opened @param {Act} act @param {Map<NewBody, Member>} carried */
function carry(opened, act, carried) {
  const again = [...carried].map(([{ body, digest }, one]) => {
    checkBody(opened, act, body);
    return { ...one, body, digest };
  });
  return opened.with({ members: [...opened.members, ...again] });
}

/** Nobody loses his right by silence. A passkey of the first kind cannot be wrapped to while it is absent. @param {Membership} over @param {Set<string>} kept @param {Date} at */
function checkNobodyDropped(over, kept, at) {
  for (const one of over.active) {
    const mayBeAbsent = expired(one, at) || isSpentOfficer(over, one) || isPasskeyWithoutKey(one);
    if (!kept.has(one.digest) && !mayBeAbsent) throw new ActRefused('member-dropped');
  }
}

/** @param {Member} one */
const isPasskeyWithoutKey = ({ body: { holder, holderKey } }) => holder.kind === 'passkey' && !holderKey;

/** @param {Membership} over @param {Member} one */
function isSpentOfficer({ policies }, { body: { holder } }) {
  const spent = [...policies.values()].filter(isSpent).map(({ reference }) => reference);
  return holder.kind === 'officer' && spent.includes(toHex(holder.reference));
}

/** Those whose officer grant is still one. @param {Membership} after */
function livingPolicies({ active, policies }) {
  const held = new Set(active.filter(({ body }) => body.holder.kind === 'officer').map(({ body }) => toHex(body.holder.reference)));
  return new Map([...policies].filter(([, { reference }]) => held.has(reference)));
}
