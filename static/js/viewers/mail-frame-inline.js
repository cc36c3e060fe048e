// The only script of /mail-frame.html, inlined by the server and named in that page's CSP by its hash.
// It runs in an opaque origin: it can show what it is handed, and say what the reader does, nothing else.
(() => {
  'use strict';
  const content = /** @type {HTMLElement} */ (document.getElementById('content'));
  const FORWARDED = new Set(['j', 'k', 'c', 'r', 'a', 'f', 'e', 'u', '#', '?', 'Escape']);

  /** @param {{html: string, images: {contentId: string, type: string, bytes: Uint8Array<ArrayBuffer>}[], language: string, title: string}} message */
  const show = ({ html, images, language, title }) => {
    document.documentElement.lang = language;
    document.title = title;
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    for (const image of parsed.querySelectorAll('img[data-cid]')) fillImage(image, images);
    content.replaceChildren(...parsed.body.childNodes);
  };

  /** @param {Element} image @param {{contentId: string, type: string, bytes: Uint8Array<ArrayBuffer>}[]} images */
  const fillImage = (image, images) => {
    const found = images.find(({ contentId }) => contentId === image.getAttribute('data-cid'));
    if (found) image.setAttribute('src', URL.createObjectURL(new Blob([found.bytes], { type: found.type })));
  };

  /** @param {MessagePort} port @param {MouseEvent} event */
  const reportLink = (port, event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href], area[href]') : null;
    if (!link) return;
    event.preventDefault();
    port.postMessage({ link: link.getAttribute('href'), text: link instanceof HTMLElement ? link.innerText : '' }); // as it is seen
  };

  /** @param {MessagePort} port @param {KeyboardEvent} event */
  const reportKey = (port, event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !FORWARDED.has(event.key)) return;
    port.postMessage({ key: event.key });
  };

  /** What the page shows above the frame goes on paper with it. @param {{title: string, lines: [string, string][]}} head */
  const print = ({ title, lines }) => {
    const heading = document.createElement('h1');
    heading.textContent = title;
    const list = document.createElement('dl');
    for (const [name, value] of lines) {
      list.append(document.createElement('dt'), document.createElement('dd'));
      /** @type {Element} */ (list.children[list.children.length - 2]).textContent = name;
      /** @type {Element} */ (list.lastElementChild).textContent = value;
    }
    /** @type {HTMLElement} */ (document.getElementById('head')).replaceChildren(heading, list);
    window.print();
  };

  /** A file or a link let fall here would take the place of the mailbox. @param {Event} event */
  const refuseDrop = (event) => {
    const { dataTransfer } = /** @type {DragEvent} */ (event);
    if (dataTransfer) dataTransfer.dropEffect = 'none';
    event.preventDefault();
  };

  /** @param {MessagePort} port */
  const attach = (port) => {
    port.onmessage = ({ data }) => (data.print ? print(data.print) : show(data));
    const tellHeight = () => port.postMessage({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
    new ResizeObserver(tellHeight).observe(document.documentElement);
    document.addEventListener('click', (event) => reportLink(port, event));
    document.addEventListener('auxclick', (event) => reportLink(port, event));
    for (const type of ['dragover', 'drop']) document.addEventListener(type, refuseDrop);
    document.addEventListener('keydown', (event) => reportKey(port, event));
  };

  window.addEventListener('message', function once(event) {
    const port = event.ports[0];
    if (event.source !== window.parent || !port) return;
    window.removeEventListener('message', once);
    attach(port);
    port.postMessage({ ready: true });
  });
})();
