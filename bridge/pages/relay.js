/**
 * The relay window's page (docs/PROTOCOL.md, *The relay window*): stands between a page that may not open `ws://127.0.0.1` and the
 * bridge. It tells the bridge which origin the browser says the page has, then passes sealed frames both ways and reads none.
 */

const TEXTS = {
  fr: {
    waiting: ['Liaison avec votre carte', 'Un instant…'],
    open: ['Liaison établie', 'Laissez cette petite fenêtre ouverte : elle relie la messagerie à votre lecteur. Si vous la fermez, la session se termine.'],
    refused: ['Ce site n’est pas relié', 'Le programme de carte de cet ordinateur n’a pas accepté ce site. Retournez à la page pour recommencer.'],
    alone: ['Rien à faire ici', 'Cette fenêtre s’ouvre d’elle-même depuis Pli quand il le faut. Vous pouvez la fermer.'],
    close: 'Fermer',
  },
  en: {
    waiting: ['Linking your card', 'One moment…'],
    open: ['Link established', 'Leave this small window open: it links your mail to your reader. Closing it ends the session.'],
    refused: ['This site is not linked', 'The card program of this computer did not accept this site. Go back to the page to try again.'],
    alone: ['Nothing to do here', 'Pli opens this window by itself when it is needed. You may close it.'],
    close: 'Close',
  },
};

/** @typedef {'waiting'|'open'|'refused'|'alone'} State */

const language = navigator.language.startsWith('fr') ? 'fr' : 'en';
const OPENER_EVERY = 1_000;

const meta = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="ticket"]'));
const ticket = meta.content;
meta.remove();

/** @type {MessagePort | null} */
let port = null;

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {State} state */
function show(state) {
  document.documentElement.lang = language;
  document.body.dataset.state = state;
  [element('title').textContent, element('text').textContent] = TEXTS[language][state];
  element('close').textContent = TEXTS[language].close;
  element('close').hidden = state === 'waiting' || state === 'open';
}

/** Whether a message is exactly `{"pli-relay": word}`. @param {unknown} data @param {string} word */
function says(data, word) {
  return typeof data === 'object' && data !== null && Object.keys(data).length === 1 && /** @type {any} */ (data)['pli-relay'] === word;
}

/** @param {Window} opener */
function wait(opener) {
  addEventListener('message', function listen(event) {
    if (event.source !== opener || !says(event.data, 'connect') || event.ports.length !== 1) return;
    removeEventListener('message', listen);
    connect(event.origin, event.ports[0]);
  });
  setInterval(() => opener.closed && window.close(), OPENER_EVERY);
  opener.postMessage({ 'pli-relay': 'here' }, '*'); // says nothing but that a relay is here
}

/**
 * @param {string} origin as the browser says it
 * @param {MessagePort} given
 */
function connect(origin, given) {
  port = given;
  const socket = new WebSocket(`ws://${location.host}/relay/socket`, 'pli-relay.1');
  socket.binaryType = 'arraybuffer';
  let open = false;
  socket.onopen = () => socket.send(JSON.stringify({ ticket, origin }));
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') return given.postMessage(data, [data]);
    open = true;
    given.onmessage = (event) => pass(event.data, socket); // what came before waited in the port
    given.postMessage({ 'pli-relay': 'open' });
    element('origin').textContent = origin;
    element('origin').hidden = false;
    show('open');
  };
  socket.onclose = () => {
    leave();
    if (open) window.close();
    else show('refused');
  };
  addEventListener('pagehide', () => socket.close());
}

/**
 * @param {unknown} data
 * @param {WebSocket} socket
 */
function pass(data, socket) {
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) socket.send(/** @type {ArrayBuffer} */ (data));
  else if (says(data, 'close')) socket.close();
}

/** The page is told once, whatever ended it. */
function leave() {
  port?.postMessage({ 'pli-relay': 'closed' });
  port = null;
}

addEventListener('pagehide', leave);
element('close').onclick = () => window.close();
show(window.opener ? 'waiting' : 'alone');
if (window.opener) wait(window.opener);
