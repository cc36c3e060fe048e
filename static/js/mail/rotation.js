/**
 * A new epoch of a mailbox, step by step (DESIGN §4.6): keys made, certified, given to everybody with a right in one signed
 * entry, and what every member needs sealed again under them. No I/O in here: `hands` do each step. Any step may fail or be
 * cut off. Before the entry stands nothing has changed, and the next try makes everything anew; once it stands only carrying
 * over is left, which begins again wherever it was.
 */
/** @typedef {import('../keys/agent.js').RotationAct} RotationAct */
/** @typedef {import('../keys/agent.js').Membership} Membership */
/** @typedef {import('../keys/agent.js').Evidence} Evidence */
/** @typedef {'log'|'certify'|'give'|'append'|'carry'} RotationStep */
/** @typedef {{step: RotationStep, done: number, total: number}} RotationProgress */
/**
 * @typedef {object} RotationOrder
 * @property {boolean} [onlyIfDue] nobody asked: it is made only while somebody's right has ended
 * @property {string[]} [ends] bodyHash of those whose right ends with it
 * @property {import('../keys/agent.js').NewGrant[]} [add]
 */
/** @typedef {{handle: string, encryptionCertificate: Uint8Array<ArrayBuffer>, signatureCertificate: Uint8Array<ArrayBuffer>}} Certified keys made and certified, not yet in force */
/**
 * @typedef {object} Hands
 * @property {() => Promise<{evidence: Evidence, membership: Membership}>} look at the log, as the agent replays it
 * @property {() => Promise<Certified>} certify new keys; doing it again replaces what was never used
 * @property {(certified: Certified, evidence: Evidence, membership: Membership, order: RotationOrder) => Promise<RotationAct>} give one signature
 * @property {(act: RotationAct) => Promise<boolean>} append idempotent; false: the log has moved on
 * @property {(handle: string) => Promise<void>} drop keys that came to nothing
 * @property {(certified: Certified, act: RotationAct, before: Membership, order: RotationOrder) => Promise<void>} adopt the new epoch is the open one
 * @property {(tell: (done: number, total: number) => void) => Promise<void>} carry what lies under an older epoch and belongs under this
 */

/** Meetings with other managers before giving up. */
const MAX_MEETINGS = 4;

/** Others went on with the log again and again. */
export class LogBusy extends Error {
  code = 'log-busy';
}

/**
 * @param {Hands} hands
 * @param {RotationOrder} [order]
 * @param {(progress: RotationProgress) => void} [tell]
 * @returns {Promise<boolean>} whether there is a new epoch
 */
export async function rotate(hands, order = {}, tell = () => {}) {
  const made = await makeEpoch(hands, order, (step) => tell({ step, done: 0, total: 1 }));
  await hands.carry((done, total) => tell({ step: 'carry', done, total }));
  return made;
}

/** @param {Hands} hands @param {RotationOrder} order @param {(step: RotationStep) => void} tell */
async function makeEpoch(hands, order, tell) {
  for (let meeting = 0; meeting < MAX_MEETINGS; meeting++) {
    tell('log');
    const { evidence, membership } = await hands.look();
    if (order.onlyIfDue && !membership.keyChangeDue) return false;
    tell('certify');
    const certified = await hands.certify();
    if (await tryOnce(hands, certified, evidence, membership, order, tell)) return true;
  }
  throw new LogBusy('The log moved on at every try');
}

/** @param {Hands} hands @param {Certified} certified @param {Evidence} evidence @param {Membership} membership @param {RotationOrder} order @param {(step: RotationStep) => void} tell */
async function tryOnce(hands, certified, evidence, membership, order, tell) {
  let stands = false;
  try {
    tell('give');
    const act = await hands.give(certified, evidence, membership, order);
    tell('append');
    stands = await hands.append(act);
    if (stands) await hands.adopt(certified, act, membership, order);
    return stands;
  } finally {
    if (!stands) await hands.drop(certified.handle).catch(() => {});
  }
}
