// Logging in and opening the mailbox, in one document with the mail itself: leaving the page would lose the opened
// keys and ask for a second PIN. Decides which step is shown; viewers/login-view.js draws it.
import { BridgeError } from '../bridge/messages.js';
import { relayWindow, usualWay } from '../bridge/way.js';
import { addFrench } from '../i18n.js';
import { agreeToRestore } from '../mail/restored.js';
import { NEXT_CARD, store } from '../mail/store.js';
import { whyUnusable } from '../mail/workroom.js';
import { loginView } from '../viewers/login-view.js';
import { openAccountView } from '../viewers/open-account-view.js';
import { accessFrench } from './access-french.js';
import { bridgePorts } from './bridge-ports.js';
import { GO_TO, startEntrance } from './entrance.js';
import { AccountOpening } from './open-account.js';
import { askBrowser, forgetRelay, noteReached, takeRelay, toBeExplained } from './reaching.js';

/** @typedef {import('../viewers/login-view.js').LoginState} LoginState */
/** @typedef {import('../viewers/open-account-view.js').OpenAccountState} OpenAccountState */
/** @typedef {import('../mail/store.js').Store} Store */
/** @typedef {{login: LoginState} | {account: OpenAccountState}} EntranceState */

const NOTHING = () => {};

/** @type {Promise<void>|undefined} */
let frenchOfEntrance;
/** @type {Promise<void> | undefined} */
let frenchOfBridge;

/** @type {readonly LoginState['step'][]} */
const BRIDGE_STEPS = Object.freeze(['explain', 'asking', 'relay', 'pairing']);
/** @type {readonly LoginState['step'][]} */
const WITHOUT_STEPS = Object.freeze(['without', 'lost', 'code', 'renew', 'renew-code']);
/** A browser that asks nothing answers sooner. */
const ASKING_AFTER = 700;

/** How often a reader is looked at again while a card is waited for, besides the bridge's own events. */
const LOOK_AGAIN = 1_500;

/** The steps of one entrance. */
export class LoginFlow {
  /** @type {LoginState} */ state;
  /** @type {AbortController | null} */ #asking = null;
  /** It may hold what was typed. @type {() => void} */ #again = NOTHING;
  /** Ends with the entrance, which stays in one document with the mail. */ #hearing = new AbortController();
  /** Counts what was to be shown. */ #turn = 0;
  /** @type {typeof import('../viewers/bridge-steps.js').bridgeStepView | undefined} */ bridgeStepView;
  /** @type {typeof import('../viewers/without-card-view.js').withoutCardView | undefined} */ withoutCardView;
  #draw;
  #store;
  #finished;

  /**
   * @param {Store} store
   * @param {(state: EntranceState) => void} draw
   * @param {{notice?: string, passkeys?: boolean, finished: () => void}} options finished: the mailbox is open
   */
  constructor(store, draw, { notice, passkeys = true, finished }) {
    this.#store = store;
    this.#draw = draw;
    this.#finished = () => {
      this.#leave();
      finished();
    };
    this.state = { step: 'choose', passkeys, cards: [], notice };
    const { signal } = this.#hearing;
    store.addEventListener('bridge', (event) => this.#followBridge(/** @type {CustomEvent} */ (event).detail), { signal });
    store.addEventListener('pairing', (event) => void this.#showPairing('digits', /** @type {CustomEvent} */ (event).detail.digits), { signal });
    store.addEventListener('cards', () => void (this.state.step === 'insert' && this.#lookForCards()), { signal });
  }

  /** @type {import('../viewers/login-view.js').LoginActions} */
  actions = {
    useCard: () => this.#try(() => this.#useCard()),
    allowBridge: () => this.#try(() => this.#allow()),
    useWindow: () => this.#try(() => this.#useWindow()),
    offerPairing: () => void this.#showPairing('offer'),
    pair: () => this.#try(() => this.#pair()),
    agree: (same) => this.#agree(same),
    pickCard: (card) => this.#try(() => this.#enterWith(card)),
    usePasskey: () => this.#try(() => this.#usePasskey()),
    retry: () => this.#again(),
    agreeToRestore: (statement) => { agreeToRestore(statement); this.#again(); },
    back: () => this.#back(),
    openAccount: () => this.openAccount(null),
    withoutCard: () => this.#try(() => this.#showWithout({ step: 'without', notice: undefined })),
    cardLost: () => this.#try(() => this.#reportLoss()),
    showCode: () => this.#show({ step: 'code', error: undefined }),
    useCode: (address, code) => this.#try(() => this.#useCode(address, code), 'code'),
    showRenewCode: () => this.#show({ step: 'renew-code', error: undefined }),
    renew: (by) => this.#try(() => this.#renew(by), typeof by === 'object' && 'code' in by ? 'renew-code' : 'renew'),
    announce: () => this.#try(() => this.#announce(), 'renew'),
  };

  /** @param {string | null} [card] of the person who takes over from another, and asked to */
  start(card) {
    this.#show({});
    if (card) void this.#try(() => this.#reach(card));
  }

  /** @param {import('../mail/entrance.js').CardAnswer | null} answer what the server read from the card; null without card */
  openAccount(answer) {
    const opening = new AccountOpening(this.#store, (account) => this.#draw({ account }), {
      person: answer?.status === 'unknown' ? answer : null,
      finished: this.#finished,
      back: () => this.#back(),
    });
    this.account = opening;
    opening.start();
  }

  /** @param {() => Promise<void>} attempt @param {LoginState['step']} [step] shown again, with what went wrong, when it fails */
  async #try(attempt, step = 'choose') {
    this.#again = () => this.#try(attempt, step);
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    void loadMailPage().catch(() => {});
    try {
      await attempt();
    } catch (error) {
      if (!signal.aborted) this.#show({ step, error, notice: undefined });
    }
  }

  #back() {
    sessionStorage.removeItem(GO_TO);
    this.#asking?.abort();
    this.#asking = null;
    this.#again = NOTHING;
    this.account = undefined;
    this.#show({ step: 'choose', error: undefined, notice: undefined, typed: undefined });
  }

  /** Nothing is opened, and nobody asked, before the person knows what will come. */
  async #useCard() {
    this.#current();
    const step = await toBeExplained();
    if (step) return this.#showBridgeStep({ step });
    return this.#reach();
  }

  async #allow() {
    this.#show({ step: 'looking', error: undefined });
    const slow = setTimeout(() => void this.#showBridgeStep({ step: 'asking' }), ASKING_AFTER);
    await askBrowser(this.#store.bridgePorts[0]).finally(() => clearTimeout(slow));
    return this.#reach();
  }

  async #useWindow() {
    takeRelay();
    return this.#reach().catch((error) => {
      if (error.code === 'relay-blocked') forgetRelay();
      throw error;
    });
  }

  /** @param {string} [card] */
  async #reach(card) {
    const { signal } = this.#current();
    this.#show({ step: 'looking', error: undefined });
    try {
      await this.#store.connectBridge();
    } catch (error) {
      return this.#unpaired(error);
    }
    await noteReached();
    if (!signal.aborted) await this.#lookForCards(card);
  }

  /** The first time this browser is paired within the click that asked for the card; a bridge that changed is never followed silently. @param {any} error */
  async #unpaired(error) {
    if (error.code === 'bridge-changed') return this.#showPairing('changed');
    if (error.code !== 'bridge-not-paired') throw error;
    if (usualWay() === 'relay') return this.#showPairing('offer'); // another window wants another click
    await this.#pair();
  }

  async #pair() {
    const { signal } = this.#current();
    await this.#store.pairBridge();
    if (!signal.aborted) await this.#lookForCards();
  }

  /** @param {boolean} same */
  #agree(same) {
    void this.#store.agreeOnDigits(same);
    if (same) void this.#showPairing('waiting', this.state.pairing?.digits);
  }

  /** @param {Partial<LoginState>} change */
  #showBridgeStep(change) {
    return this.#showLoaded(change, async () => {
      const [{ bridgeStepView }] = await Promise.all([import('../viewers/bridge-steps.js'), (frenchOfBridge ??= addFrench(() => import('../locale/fr-bridge.js')))]);
      this.bridgeStepView = bridgeStepView;
    });
  }

  /**
   * Few visits need these screens: they load when one does. What is shown while one still loads has overtaken it: the question of the
   * browser, say, was answered, and cards are there.
   * @param {Partial<LoginState>} change @param {() => Promise<void>} load
   */
  async #showLoaded(change, load) {
    const { signal } = this.#current();
    const turn = ++this.#turn;
    await load();
    if (!signal.aborted && turn === this.#turn) this.#show({ error: undefined, ...change });
  }

  /** @param {import('../viewers/pairing-view.js').PairingState['step']} step @param {string} [digits] */
  async #showPairing(step, digits = '') {
    await this.#showBridgeStep({ step: 'pairing', pairing: { step, digits, origin: location.origin } });
  }

  /** @param {string} [wanted] */
  async #lookForCards(wanted) {
    const { signal } = this.#current();
    const { cards, why } = await this.#store.cards();
    if (signal.aborted) return;
    const ready = cards.filter(({ state }) => state === 'ready');
    if (ready.some(({ card }) => card === wanted)) return this.#enterWith(/** @type {string} */ (wanted));
    if (cards.length === 0) return this.#waitForCard(why);
    if (cards.length === 1 && ready.length === 1) return this.#enterWith(ready[0].card);
    if (cards.length === 1) throw new BridgeError(whyUnusable(cards[0]));
    this.#show({ step: 'cards', cards });
  }

  /** @param {{name: string}} [why] */
  #waitForCard(why) {
    const { signal } = this.#current();
    this.#show({ step: 'insert', why });
    setTimeout(() => void (this.state.step === 'insert' && !signal.aborted && this.#try(() => this.#lookForCards())), LOOK_AGAIN);
  }

  /** @param {string} card */
  async #enterWith(card) {
    const { signal } = this.#current();
    const answer = await this.#store.logInWithCard(card, (step) => void (signal.aborted || this.#show({ step })));
    if (signal.aborted) return;
    if (answer.status === 'unknown') return this.openAccount(answer);
    this.#show({ step: 'opening' });
    return this.#openMailbox().catch((error) => this.#newCard(card, error));
  }

  /** The person is known and the card opens nothing yet: another one did so far. @param {string} card @param {any} error */
  async #newCard(card, error) {
    if (!opensNothing(error)) throw error;
    const { cards } = await this.#store.cards();
    await this.#showWithout({ step: 'renew', cards: cards.filter((other) => other.state === 'ready' && other.card !== card) });
  }

  /** @param {'passkey' | {code: string} | {card: string}} by what opened the mailbox before */
  async #renew(by) {
    const { signal } = this.#current();
    const typed = typeof by === 'object' && 'code' in by ? { address: '', code: by.code } : undefined;
    this.#show({ step: by === 'passkey' ? 'passkey' : 'opening', error: undefined, typed });
    await this.#store.renewCard(by, signal);
    this.#finished();
  }

  /** One reader: the new card says who it is, and the old one lets it in. */
  async #announce() {
    this.#show({ step: 'checking', error: undefined });
    await this.#store.announceCard();
    this.#show({ step: 'choose', notice: 'card-announced' });
  }

  /** @param {string} address @param {string} code */
  async #useCode(address, code) {
    this.#show({ step: 'checking', error: undefined, typed: { address, code } });
    await this.#store.logInWithRecovery(address, code);
    this.#show({ step: 'opening', typed: undefined });
    return this.#openMailbox();
  }

  /** @param {Partial<LoginState>} change */
  #showWithout(change) {
    return this.#showLoaded(change, async () => {
      const [{ withoutCardView }] = await Promise.all([import('../viewers/without-card-view.js'), accessFrench()]);
      this.withoutCardView = withoutCardView;
    });
  }

  /** Whatever lets the person in now leads to where the card is blocked. */
  async #reportLoss() {
    sessionStorage.setItem(GO_TO, 'access');
    await this.#showWithout({ step: 'lost', notice: undefined });
  }

  async #usePasskey() {
    const { signal } = this.#current();
    this.#show({ step: 'passkey', error: undefined });
    await this.#store.logInWithPasskey(signal);
    this.#show({ step: 'opening' });
    return this.#openMailbox();
  }

  async #openMailbox() {
    await this.#store.openMailbox();
    this.#finished();
  }

  /** The browser is probably asking: say what its question means. @param {string} state */
  #followBridge(state) {
    if (state === 'asking' && this.state.step === 'looking') void this.#showBridgeStep({ step: 'asking' });
    if (state === 'ready' && this.state.step === 'asking') this.#show({ step: 'looking' });
  }

  /** @returns {AbortController} */
  #current() {
    this.#asking ??= new AbortController();
    return this.#asking;
  }

  /** The mailbox is open: no recovery code stays here, and nothing is shown any more. */
  #leave() {
    this.#hearing.abort();
    this.#again = NOTHING;
    this.state = { ...this.state, typed: undefined };
  }

  /** @param {Partial<LoginState>} change */
  #show(change) {
    this.#turn += 1;
    this.state = { ...this.state, ...change };
    this.#draw({ login: this.state });
  }
}

/**
 * Shows the entrance in `#entrance` until the mailbox is open.
 * @param {{notice?: string}} [options]
 * @returns {Promise<void>}
 */
export async function enter({ notice } = {}) {
  store.bridgePorts = bridgePorts();
  if (usualWay() === 'relay') void relayWindow(store.bridgePorts);
  const passkeys = document.getElementById('main')?.dataset.passkeys !== 'no';
  /** @type {LoginFlow | undefined} */
  let flow;
  await (frenchOfEntrance ??= addFrench(() => import('../locale/fr-entrance.js')));
  const draw = await startEntrance((/** @type {EntranceState} */ state) => view(state, /** @type {LoginFlow} */ (flow)));
  return new Promise((finished) => {
    flow = new LoginFlow(store, draw, { notice, passkeys, finished });
    flow.start(sessionStorage.getItem(NEXT_CARD));
    sessionStorage.removeItem(NEXT_CARD);
  });
}

/**
 * @param {EntranceState} state
 * @param {LoginFlow} flow
 */
function view(state, flow) {
  if ('login' in state && BRIDGE_STEPS.includes(state.login.step)) return flow.bridgeStepView?.(state.login, flow.actions);
  if ('login' in state && WITHOUT_STEPS.includes(state.login.step)) return flow.withoutCardView?.(state.login, flow.actions);
  if ('login' in state) return loginView(state.login, flow.actions);
  return flow.account ? openAccountView(state.account, flow.account.actions) : null;
}

/** @param {any} error no grant of the mailbox is for the card that just logged in */
const opensNothing = ({ code, data }) => code === 'RECIPIENT_MISMATCH' || (code === 'GRANT_REFUSED' && ['no-grant', 'recipient-mismatch'].includes(data?.reason));

/** The modules of the mail page, which load while the person looks for the card and types the PIN. */
const loadMailPage = () => import('./shell.js');

/** The login page becomes the mail page without being left. */
export async function becomeMail() {
  const main = document.getElementById('main');
  await Promise.all(['mail', 'reader', 'composer', 'members', 'trace', 'access', 'work', 'network', 'letters'].map((name) => styleSheet(new URL(`../../css/${name}.css`, import.meta.url).href)));
  history.replaceState(null, '', main?.dataset.mailUrl ?? '/mail/');
  const shell = document.createElement('pli-shell');
  shell.dataset.loginUrl = main?.dataset.loginUrl ?? '/';
  document.body.className = 'mail-page';
  main?.replaceWith(shell);
  await import('./mail.js');
}

/** @param {string} href @returns {Promise<void>} loaded or failed: a page without its style is better than none */
function styleSheet(href) {
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}

/** What the login and account-opening pages run. */
export async function startPage() {
  // The server sends whoever is logged in elsewhere: nobody is known on this page.
  await enter();
  await becomeMail();
}

// This module is the script of the login page, and only an import of the others.
if (globalThis.document?.querySelector('script[type=module][src$="/pages/login.js"]')) void startPage();
