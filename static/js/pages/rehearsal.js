// The first message opens as fast as the tenth: its code is fetched and run on a letter of our own while a person still reads the list,
// so that the engine has compiled it by then (cold, cleaning 50 kB of HTML takes five times as long).

/** @typedef {{sanitise: (html: string) => unknown}} Sanitiser */

/** With these the second compiler has seen enough; each takes less than a person notices. */
const TIMES = 4;
const ROWS = 100;
/** Milliseconds until a browser that is never idle, or does not say so, gets the next one. */
const PATIENCE = 2_000;

/** What letters are made of. */
const ROW = '<tr class="a"><td style="padding:4px" width="10">Mot</td><td><b>1</b> <span>g/l</span></td><td><a href="https://pli.example/" target="_blank">b</a></td></tr>\r\n';
const LETTER = `<html><head><style>td { color: red }</style></head><body><p>Madame,<br>Monsieur</p><table border="1">${ROW.repeat(ROWS)}</table></body></html>`;

/**
 * @param {() => Promise<Sanitiser>} load
 * @param {() => Promise<void>} [idle] resolves when the page has nothing else to do
 */
export async function rehearse(load, idle = whenIdle) {
  const { sanitise } = await load();
  for (let time = 0; time < TIMES; time++) {
    await idle();
    sanitise(LETTER);
  }
}

/** WebKit does not say when it is idle. @returns {Promise<void>} */
function whenIdle() {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: PATIENCE });
    else setTimeout(resolve, PATIENCE);
  });
}
