// /held/?message=ID: "what the server holds" in a window of its own. Its mailbox is opened here like anywhere else.
import { addFrench, startLanguage, t } from '../i18n.js';
import { store } from '../mail/store.js';
import { html, render } from '../viewers/lit.js';
import { errorView } from '../viewers/notice.js';
import './held-dialog.js';
import { lockedView, reopen } from './locked.js';

const place = /** @type {HTMLElement} */ (document.getElementById('held'));
const messageId = new URLSearchParams(location.search).get('message') ?? '';
/** @type {import('./store-types.js').OpenedMessage|null} */
let message = null;
/** @type {unknown} */
let error = null;

/** @param {() => Promise<void>} act */
async function attempt(act) {
  error = null;
  await act().catch((/** @type {unknown} */ failure) => { error = failure; });
  draw();
}

const unlock = () => attempt(async () => {
  await reopen(store);
  if (store.phase === 'open') message = await store.open(messageId);
});

function draw() {
  document.title = t('What the server holds');
  if (store.phase !== 'open') {
    render(lockedView({ phase: store.phase, reason: '', error, unlock, logout: () => attempt(() => store.logout()), redraw: () => void startLanguage().then(draw) }), place);
    return;
  }
  render(html`<h1>${t('What the server holds')}</h1>
    ${error ? errorView(error, { retry: unlock }) : message && html`<pli-held .store=${store} .messageId=${messageId} .message=${message}></pli-held>`}`, place);
}

await addFrench(() => import('../locale/fr-reading.js'));
await startLanguage();
store.addEventListener('phase', () => {
  if (store.phase === 'signed-out') location.replace('/');
  if (store.phase !== 'open') message = null;
  draw();
});
await store.start().catch((failure) => { error = failure; });
draw();
