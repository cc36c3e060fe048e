/**
 * The worker that holds the way to the keys: the bridge's socket or a port to the passkey vault, the open mailbox, and
 * everything made or read with its keys. Terminated when the mailbox is locked; nothing of it survives.
 */
import { BridgeClient } from '../bridge/client.js';
import { directly } from '../bridge/connection.js';
import { BridgeError } from '../bridge/messages.js';
import { overPort } from '../bridge/relay-transport.js';
import { AGENT_EVENTS, remoteAgent } from '../keys/agent.js';
import { BridgeAgent } from '../keys/bridge-agent.js';
import { originalOf } from '../mail/forwarding.js';
import { NotOpen, OpenMailboxes } from '../mail/open-mailboxes.js';
import { openInner, openStored } from '../mail/opening.js';
import { prepareMessage } from '../mail/preparing.js';
import { SignedLetters } from '../mail/signed-letters.js';
import { sealForMembers, sealForOwners } from '../mail/stored-seal.js';
import { Endpoint, serve, Transferred } from './rpc.js';

/** @typedef {import('../keys/agent.js').KeyAgent} KeyAgent */
/** @typedef {import('../keys/agent.js').SealedMailbox} SealedMailbox */
/** @typedef {import('../mail/opened-mailbox.js').OpenedMailbox} OpenedMailbox */
/** @typedef {import('./rpc.js').CallContext} CallContext */

/** How long a restarting bridge may take to know our handle again, milliseconds. */
const BRIDGE_GRACE = 3_000;

/** @typedef {{port?: number, ports: readonly number[], way: import('../bridge/way.js').Way}} Route port: where it answered the last time */

/** @type {Route} */
let route = { ports: [], way: 'direct' };
/** @type {BridgeClient | null} */
let bridge = null;
/** @type {KeyAgent | null} */
let agent = null;
const mailboxes = new OpenMailboxes(chosenAgent);
const letters = new SignedLetters();

/** @returns {KeyAgent} */
function chosenAgent() {
  if (!agent) throw new NotOpen('No key agent');
  return agent;
}

/** @returns {BridgeClient} */
function knownBridge() {
  if (!bridge) throw new NotOpen('The bridge was not asked for');
  return bridge;
}

/**
 * @param {Route} route
 * @returns {Promise<{port: number | undefined}>}
 */
async function connectBridge(route) {
  const client = bridgeBy(route);
  await client.connect();
  return { port: client.port };
}

/** As connectBridge, and pairs this browser with the bridge where it is not: a person compares digits meanwhile. @param {Route} route */
async function pairBridge(route) {
  const client = bridgeBy(route);
  await client.pair();
  return { port: client.port };
}

/** @param {Route} chosen @returns {BridgeClient} */
function bridgeBy(chosen) {
  route = chosen;
  if (bridge) return bridge;
  bridge = new BridgeClient({ port: chosen.port, find });
  useAgent(new BridgeAgent(bridge));
  bridge.addEventListener('connection', () => void followConnection());
  return bridge;
}

/** @type {import('../bridge/connection.js').Find} */
function find(lastPort, options) {
  return route.way === 'relay' ? throughPage(lastPort, options) : directly({ ports: route.ports })(lastPort, options);
}

/** No worker opens windows: the page does, and hands over the port. @type {import('../bridge/connection.js').Find} */
async function throughPage(lastPort, { accept = async (/** @type {import('../bridge/transport.js').Transport} */ transport) => transport } = {}) {
  const { channel, port } = await endpoint.call('relayPort', [lastPort]).catch(({ code, data }) => Promise.reject(new BridgeError(code, code, data)));
  const transport = overPort(channel, () => endpoint.emit('relay-done'));
  endpoint.on('relay-closed', () => transport.close());
  return { transport: await accept(transport), port };
}

async function followConnection() {
  const { state } = knownBridge();
  if (state === 'ready') await knownBridge().call('card.subscribe').catch(() => {});
  if (state === 'absent' && mailboxes.handles.length) setTimeout(() => void checkHandles(), BRIDGE_GRACE);
}

/** A bridge that was restarted has wiped its vault: the session is over, whatever the page believes. */
async function checkHandles() {
  const known = knownBridge().state === 'ready' && (await chosenAgent().status().catch(() => null));
  const wiped = mailboxes.handles.find((handle) => !known || known.mailboxes.every((each) => each.handle !== handle));
  if (wiped) endpoint.emit('session-ended', { handle: wiped, reason: 'bridge-stopped' });
}

/** @param {KeyAgent} chosen */
function useAgent(chosen) {
  agent = chosen;
  for (const event of AGENT_EVENTS) chosen.on(event, (detail) => void (mailboxes.concerns(event, detail) && endpoint.emit(event, detail)));
}

/**
 * @param {SealedMailbox} sealed
 * @param {import('../keys/agent.js').Revocation} revocation
 * @param {{epoch: number, certificate: Uint8Array<ArrayBuffer>}[]} certificates of every epoch
 */
async function open(sealed, revocation, certificates) {
  const card = 'card' in sealed.unlock ? sealed.unlock.card : undefined;
  const opened = await chosenAgent().openMailbox(sealed);
  const encryptionCertificate = /** @type {any} */ (sealed.encryptionCertificate);
  mailboxes.adopt({ opened, encryptionCertificate, certificates, revocation, card });
  return opened;
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {import('../mail/opening.js').StoredMessage} stored
 * @param {import('../mail/opening.js').Permission} permission
 * @param {CallContext} context
 */
async function openMessage(mailbox, stored, permission, context) {
  return handedOver(await openStored(mailbox, stored, permission, surroundings(context)));
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {import('../mail/opening.js').InnerMessage} inner
 * @param {import('../mail/opening.js').Permission} permission
 * @param {CallContext} context
 */
async function openSeparately(mailbox, inner, permission, context) {
  return handedOver(await openInner(mailbox, inner, permission, surroundings(context)));
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {import('../mail/stored-seal.js').Stored} stored
 * @param {import('../mail/forwarding.js').Heads} heads
 */
async function original(mailbox, stored, heads) {
  const bytes = (await originalOf(mailbox, stored, heads)).slice();
  return new Transferred(bytes, [bytes.buffer]);
}

/** @param {CallContext} context @returns {import('../mail/opening.js').Surroundings} */
function surroundings({ progress, signal }) {
  return {
    directory: (address) => endpoint.call('directory', [address]),
    known: (address) => endpoint.call('known', [address]),
    foretell: (html) => progress({ html }),
    progress, signal,
  };
}

/** Attachments move to the page. What else is a view on the message is copied alone: cloned, it would bring the whole along. @param {any} opened */
function handedOver(opened) {
  const { signature, harvest, attachments } = opened.message;
  for (const part of [signature.details, signature.card, harvest]) if (part) part.certificate = part.certificate.slice();
  if (harvest) harvest.chain = harvest.chain.map((/** @type {Uint8Array} */ issuer) => issuer.slice());
  return new Transferred(opened, attachments.map((/** @type {any} */ { bytes }) => bytes.buffer).filter(distinct));
}

/**
 * @param {OpenedMailbox} mailbox
 * @param {import('../mail/preparing.js').Order} order
 * @param {CallContext} context
 */
async function prepare(mailbox, order, { progress, signal }) {
  return leaving(await prepareMessage(mailbox, order, { progress, signal }));
}

/** @param {import('../mail/preparing.js').Prepared} prepared */
function leaving(prepared) {
  return new Transferred(prepared, [prepared.copy, ...prepared.wires.map(({ bytes }) => bytes)].map(({ buffer }) => buffer).filter(distinct));
}

/** @param {any} value @param {number} index @param {any[]} all */
function distinct(value, index, all) {
  return all.indexOf(value) === index;
}

/** @param {Promise<{bytes: Uint8Array<ArrayBuffer>}>} sealing */
async function moved(sealing) {
  const made = await sealing;
  return new Transferred(made, [made.bytes.buffer]);
}

/** What is asked of an open mailbox. @type {Record<string, (mailbox: OpenedMailbox, ...values: any[]) => any>} */
const IN_MAILBOX = {
  opened: (mailbox) => mailbox.secrets.opened,
  renew: (mailbox, renewed) => mailboxes.renew(mailbox, renewed),
  act: (mailbox, verb, values) => mailboxes.act(mailbox, verb, values),
  validate: (mailbox, items) => mailbox.validate(items),
  seal: (mailbox, name, content) => mailbox.seal(name, content),
  openObject: (mailbox, name, bytes) => mailbox.open(name, bytes),
  prepareKeys: (mailbox, names) => mailbox.prepareKeys(names),
  loadPack: (mailbox, name, bytes) => mailbox.loadPack(name, bytes),
  packsToWrite: (mailbox) => mailbox.packsToWrite(),
  packWritten: (mailbox, id) => mailbox.packWritten(id),
  addSummaries: (mailbox, sealed) => mailbox.addSummaries(sealed),
  rows: (mailbox, ids) => mailbox.rows(ids),
  removeRows: (mailbox, ids) => mailbox.packs.remove(ids),
  shiftRow: (mailbox, id, list) => mailbox.packs.shift(id, list),
  sealForOwners: (mailbox, stored) => moved(sealForOwners(mailbox, stored)),
  sealForMembers: (mailbox, stored, epoch) => moved(sealForMembers(mailbox, stored, epoch)),
  openMessage,
  openSeparately,
  original,
  prepare,
  signLetters: (mailbox, orders) => letters.sign(mailbox, orders),
};

/** @param {string} mailboxId @param {string} method @param {any[]} values @param {CallContext} context */
function within(mailboxId, method, values, context) {
  if (!Object.hasOwn(IN_MAILBOX, method)) throw new TypeError(`No method ${method}`);
  return IN_MAILBOX[method](mailboxes.of(mailboxId), ...values, context);
}

const endpoint = serve((/** @type {Endpoint} */ port) => {
  const handlers = {
    connectBridge,
    pairBridge,
    agreeOnDigits: (/** @type {boolean} */ same) => knownBridge().agree(same),
    useVault: (/** @type {MessagePort} */ vault) => useAgent(remoteAgent(new Endpoint(vault))),
    cards: () => knownBridge().call('card.list'),
    authToken: (/** @type {string} */ card, /** @type {string} */ challenge) => knownBridge().call('auth.token', { card, challenge }),
    requestCertificates: (/** @type {any} */ wish) => chosenAgent().requestCertificates(wish),
    createMailbox: (/** @type {any} */ certification) => chosenAgent().createMailbox(certification),
    adopt: (/** @type {any} */ secrets) => mailboxes.adopt(secrets),
    open,
    known: (/** @type {string} */ mailboxId) => mailboxes.known(mailboxId),
    drop: (/** @type {string} */ mailboxId) => mailboxes.drop(mailboxId),
    forget: (/** @type {string} */ handle) => mailboxes.forget(handle),
    ask: (/** @type {string} */ verb, /** @type {any[]} */ values) => mailboxes.ask(verb, values),
    lock: () => mailboxes.lock(),
    within,
    finishLetter: async (/** @type {number} */ place, /** @type {CallContext} */ context) => leaving(await letters.finish(place, context)),
  };
  for (const [method, handler] of Object.entries(handlers)) port.handle(method, handler);
});
