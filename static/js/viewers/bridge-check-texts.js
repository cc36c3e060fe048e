// What each finding of the connection check means to a person, and the next steps. Where the error has words already, those.
import { t, tn } from '../i18n.js';
import { errorText } from './error-texts.js';
import { html } from './lit.js';
import { commandView } from './pairing-view.js';

/** @typedef {import('../bridge/diagnosis.js').Finding} Finding */
/** @typedef {'firefox'|'safari'|'edge'|'chrome'} BrowserName */
/** @typedef {{origin: string, browser: BrowserName}} Place */
/** @typedef {'look'|'window'|'pair'|'again'} Action */

/**
 * @typedef {object} FindingText
 * @property {string} title
 * @property {string} lead
 * @property {unknown[]} [steps]
 * @property {Action[]} [actions] the first is the likely one
 * @property {'permission'|'link'} [picture]
 */

/** @type {Record<string, (finding: Finding, place: Place) => FindingText>} */
const TEXTS = {
  well: ({ data }) => ({
    title: t('Everything is ready.'),
    lead: data.others ? t('This page reaches a card with which you can log in. Another cannot be used: see below.') : t('This page reaches your card. You can log in.'),
  }),
  look: () => ({ title: t('Check the connection to your card'), lead: t('This page will look for the card program on this computer.'), actions: ['look'] }),
  searching: () => ({ title: t('Looking for your card…'), lead: t('The card program on this computer is being asked.') }),
  asking: () => ({ title: t('Your browser is asking'), lead: t('Answer “Allow” to the question near the address.'), picture: 'permission' }),
  'permission-needed': () => ({
    title: t('Your browser will ask a question'), picture: 'permission', actions: ['look'],
    lead: t('Your card is read by a small program on this computer. To reach it, your browser may ask whether this page may access other apps and services on this device.'),
    steps: [t('Press “Continue”.'), t('Answer “Allow”. The page talks to that program only, never to anything else on your network.')],
  }),
  'bridge-blocked': (_finding, { browser }) => ({
    title: t('The browser does not allow this page to reach the card program.'), lead: t('You, or a rule of your organisation, have refused it. To allow it again:'),
    steps: allowAgain(browser), actions: ['look', 'window'],
  }),
  'relay-needed': () => ({
    title: t('This browser needs a link window'), picture: 'link', actions: ['window'],
    lead: t('It does not let a page reach the card program directly. A small window of the card program makes the link; what passes through it is encrypted.'),
    steps: [t('Press “Open the link window”.'), t('Leave that window open while you use your card.')],
  }),
  'relay-blocked': () => ({ ...wordsOf('relay-blocked'), picture: 'link', actions: ['window'] }),
  'relay-closed': () => ({ ...wordsOf('relay-closed'), picture: 'link', actions: ['window'] }),
  'bridge-no-storage': () => ({ ...wordsOf('bridge-no-storage'), actions: ['again'] }),
  'bridge-absent': () => ({
    title: t('The card program does not answer.'), lead: t('This page goes on by itself as soon as it does.'), actions: ['again'],
    steps: [
      t('Not on this computer yet? Install Pli’s card program, or ask your administrator. It needs no administrator’s rights.'),
      html`${t('Already installed? It starts with your session. By hand:')}${commandView('pli-bridge serve')}`,
      html`${t('Still nothing? This says why:')}${commandView('pli-bridge doctor')}`,
    ],
  }),
  'port-taken': ({ data }) => ({
    title: t('Another program holds the place of the card program.'), actions: ['again'],
    lead: tn('Something answers neither yes nor no on port {ports}.', 'Something answers neither yes nor no on the ports {ports}.', data.ports.length, { ports: data.ports.join(', ') }),
    steps: [
      html`${t('This names the program:')}${commandView('pli-bridge doctor')}`,
      t('Close it, or simply start Pli’s card program: it takes the next free port by itself.'),
    ],
  }),
  'bridge-refused': ({ data }, { origin }) => ({
    title: t('A program on this computer answers, but does not know this page.'), actions: ['pair', 'window'],
    lead: tn('It listens on port {ports}. It is the card program, which tells strangers nothing, or another program.', 'They listen on the ports {ports}. One is the card program, which tells strangers nothing, or they are other programs.', data.ports?.length ?? 1, { ports: (data.ports ?? []).join(', ') }),
    steps: [
      html`${t('On this computer, let the card program expect this page:')}${commandView(`pli-bridge pair ${origin}`)}`,
      t('Then press “Pair”.'),
      t('In doubt which program it is, open the link window: only the card program shows one.'),
    ],
  }),
  'bridge-not-paired': pairText,
  'bridge-changed': pairText,
  'pairing-refused': pairText,
  pairing: pairText,
  'bridge-old': ({ data }) => ({
    title: t('The card program is too old for this page.'), actions: ['again'],
    lead: data.version ? t('It is version {version}; this page needs {oldest} at least.', { version: data.version, oldest: data.oldest }) : t('It speaks a language of another time.'),
    steps: [t('Install its current version the way it was installed, or ask your administrator.')],
  }),
  NO_READER: ({ data }) => ({
    title: t('No card reader was found.'), lead: t('The card program is there and waits for one.'),
    steps: data.help === 'pcscd' ? [t('The card service of this computer (PC/SC) is not running: start it, or ask your administrator.')] : [t('Plug in the reader, straight into the computer if it hung on a hub.'), t('Wait for its light. This page goes on by itself.')],
  }),
  NO_CARD: () => ({ title: t('There is no card in the reader.'), lead: t('Insert your card, chip first. This page goes on by itself.') }),
  CARD_UNSUPPORTED: () => ({
    title: t('This card cannot be used here.'), lead: t('The reader sees it, and no driver knows it.'),
    steps: [t('Is it in the right way round? Chip first, chip up.'), t('Use a health card of the CPS family, or log in with a passkey.')],
  }),
  CARD_IN_USE: ({ data }) => ({
    title: data.process ? t('Another program is using the card: {process}.', { process: data.process }) : t('Another program is using the card.'),
    lead: t('It holds the reader for itself; two programs cannot.'), steps: [t('Close that program, or wait until it has finished. This page goes on by itself.')],
  }),
  PIN_LAST_TRY: () => ({
    title: t('The card has one PIN try left.'), lead: t('Pli does not use the last try. No page can.'),
    steps: [
      t('Look for your PIN, and for the letter with the unblocking code, first.'),
      html`${t('Then enter the PIN once, in the card program:')}${commandView('pli-bridge pin --last-try')}`,
    ],
  }),
  PIN_LOCKED: () => ({
    title: t('The card’s PIN is blocked.'), lead: t('Three wrong ones in a row did that, here or in another program.'),
    steps: [
      t('Unblock it with the letter that came with the card, in the program of the card’s issuer.'),
      t('Without the letter, ask the issuer. Never type the unblocking code into a web page.'),
      t('You can log in with a passkey meanwhile, if you have one.'),
    ],
  }),
  MODULE_MISSING: () => ({ // what the program says of it is English, and `doctor` says it in the person's language
    title: t('The card’s driver is not installed on this computer.'), lead: t('The card program is there, but has nothing to read cards with.'),
    steps: [t('Install the driver of your card: for a CPS, the “Cryptolib CPS” of its issuer; for others, OpenSC.'), html`${t('This shows what was looked for:')}${commandView('pli-bridge doctor')}`],
  }),
  MODULE_CRASHED: () => ({
    title: t('The card’s driver stopped or does not answer.'), lead: t('Pli starts it again by itself; other cards are not affected.'),
    steps: [t('Remove the card and insert it again.'), t('Still the same? Unplug the reader for a moment, or update the driver.')],
  }),
};

/** @param {Finding} finding @param {Place} place @returns {FindingText} */
export function findingText(finding, place) {
  return TEXTS[finding.code]?.(finding, place) ?? { ...wordsOf(finding.code, finding.data), actions: ['again'] };
}

/** Pairing has a screen of its own. @returns {FindingText} */
function pairText() {
  return { title: t('Pair this page with the card program'), lead: '', actions: ['pair'] };
}

/** @param {string} code @param {Record<string, any>} [data] @returns {FindingText} */
function wordsOf(code, data = {}) {
  const { title, next } = errorText({ code, data });
  return { title, lead: next };
}

/** @param {BrowserName} browser @returns {unknown[]} */
function allowAgain(browser) {
  const reload = t('Reload this page, then check again.');
  switch (browser) {
    case 'firefox': return [t('Click the icon on the left of the address.'), t('Beside “Device apps and services”, remove “Blocked”.'), reload];
    case 'edge': return [t('Click the padlock on the left of the address, then “Permissions for this site”.'), t('Set “Apps on device” (or “Local network access”) to “Allow”.'), reload];
    case 'safari': return [t('Open the settings of this website from the menu of the browser, and allow its windows.'), reload];
    default: return [t('Click the icon on the left of the address.'), t('Switch “Apps on device” (or “Local network access”) on.'), reload];
  }
}
