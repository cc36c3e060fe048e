// The mail page: gives the shell its store. Reached by logging in without leaving the page, or by a reload, which
// finds the mailbox locked.
import { store } from '../mail/store.js';
import { bridgePorts } from './bridge-ports.js';
import { keepPageFromFiles } from './dropping.js';
import { watchIdle } from './idle.js';
import './shell.js';

/** @typedef {import('./shell.js').Shell} Shell */

async function start() {
  const shell = /** @type {Shell|null} */ (document.querySelector('pli-shell'));
  if (!shell) return;
  store.bridgePorts = bridgePorts();
  const failure = await store.start().then(() => null, (error) => error);
  const leave = () => location.replace(shell.dataset['loginUrl'] ?? '/');
  if (store.phase === 'signed-out' && !failure) {
    leave();
    return;
  }
  store.addEventListener('phase', () => { if (store.phase === 'signed-out') leave(); });
  keepPageFromFiles();
  watchIdle(() => { if (store.phase === 'open') void store.lock('idle'); });
  await shell.start(store);
  if (failure) shell.error = failure;
}

void start();
