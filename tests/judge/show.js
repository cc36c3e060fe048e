/** Sanitises HTML and hands it to the product's mail frame, as viewers/mail-frame.js does. Runs in Chromium. */
import { decodeBase64 } from '../../static/js/mime/transfer.js';
import { utf8 } from '../../static/js/mime/bytes.js';
import { sanitise } from '../../static/js/viewers/sanitise.js';

/**
 * @param {string} html unsanitised
 * @param {{contentId: string, type: string, bytes: string}[]} images
 * @returns {Promise<string>} what the frame was given
 */
export async function show(html, images) {
  const clean = sanitise(html).html;
  const port = await openFrame();
  port.postMessage({ html: clean, title: '', language: 'en', images: images.map((image) => ({ ...image, bytes: decodeBase64(utf8(image.bytes)) })) });
  return clean;
}

/** @returns {Promise<MessagePort>} of a frame that says it is ready */
async function openFrame() {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts allow-modals');
  frame.src = '/mail-frame.html';
  await new Promise((resolve) => {
    frame.onload = resolve;
    document.body.append(frame);
  });
  const { port1, port2 } = new MessageChannel();
  const ready = new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => data.ready && resolve(null);
    setTimeout(() => reject(new Error('the mail frame does not answer')), 10_000);
  });
  frame.contentWindow?.postMessage({ pli: 'port' }, '*', [port2]);
  await ready;
  return port1;
}
