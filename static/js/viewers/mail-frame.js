// Shows sanitised HTML in /mail-frame.html, a page of an opaque origin, and speaks with it over one MessagePort.
import { currentLanguage, t } from '../i18n.js';
import { html, LightElement } from './lit.js';

/** @typedef {{contentId: string, type: string, bytes: Uint8Array}} InlineImage */
const MAX_HEIGHT = 50_000;

/** Fires `pli-link` {href, text} and `pli-key` {key}. */
export class MailFrame extends LightElement {
  static properties = { html: { attribute: false }, images: { attribute: false }, subject: { attribute: false } };

  constructor() {
    super();
    this.html = '';
    /** @type {InlineImage[]} */
    this.images = [];
    this.subject = '';
    /** @type {MessagePort|null} */
    this.port = null;
    this.ready = false;
  }

  render() {
    return html`<iframe src="/mail-frame.html" sandbox="allow-scripts allow-modals" referrerpolicy="no-referrer"
      title=${t('Text of the message')} @load=${() => this.#connect()}></iframe>`;
  }

  updated() {
    this.#show();
  }

  /** A fresh channel for each load: a frame that navigates itself away gets nothing. */
  #connect() {
    const frame = this.querySelector('iframe');
    this.port?.close();
    this.ready = false;
    const channel = new MessageChannel();
    this.port = channel.port1;
    channel.port1.onmessage = ({ data }) => this.#hear(data);
    // An opaque origin has no name to address; the frame's source is what we just loaded.
    frame?.contentWindow?.postMessage({ pli: 'port' }, '*', [channel.port2]);
  }

  /** @param {{ready?: boolean, height?: number, link?: string, text?: string, key?: string}} said */
  #hear(said) {
    if (said.ready) {
      this.ready = true;
      this.#show();
    } else if (typeof said.height === 'number') this.#fit(said.height);
    else if (typeof said.link === 'string') this.#tell('pli-link', { href: said.link, text: String(said.text ?? '') });
    else if (typeof said.key === 'string') this.#tell('pli-key', { key: said.key });
  }

  #show() {
    if (!this.ready) return;
    const { html: text, images, subject } = this;
    this.port?.postMessage({ html: text, images, title: subject, language: currentLanguage() });
  }

  /** @param {number} height pixels, as the frame measured itself */
  #fit(height) {
    const frame = this.querySelector('iframe');
    if (frame) frame.style.height = `${Math.min(Math.max(height, 64), MAX_HEIGHT)}px`;
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  /** @param {{title: string, lines: [string, string][]}} head what stands above the message, and above it on paper */
  print(head) {
    this.port?.postMessage({ print: head });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.port?.close();
    this.port = null;
  }
}

customElements.define('pli-mail-frame', MailFrame);
