import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../viewers/no-dom.js';
import { shownSender } from '../../../static/js/viewers/message-head.js';
import { parseMailto } from '../../../static/js/mail/mailto.js';
import { sortedFolders } from '../../../static/js/pages/folders.js';
import { protectionLine } from '../../../static/js/pages/protection-view.js';
import { blockedText, parseAddress, parseAddresses, recipientStatus } from '../../../static/js/pages/recipient-texts.js';
import { displayedSender, forwardDraft, forwardWholeDraft, mailtoDraft, prefixed, replyDraft } from '../../../static/js/pages/reply.js';
import { commandOf } from '../../../static/js/pages/shortcuts.js';
import { nextTheme } from '../../../static/js/pages/theme.js';

const bob = { name: 'Bob Garnier', address: 'bob@pli.example' };
const alice = { name: 'Alice Morel', address: 'Alice@pli.example' };
const denis = { name: '', address: 'denis@hopital.example' };
/** @type {import('../../../static/js/pages/store-types.js').OpenedMessage} */
const message = {
  id: 'm1', subject: 'Avis', from: [bob], to: [alice, denis], cc: [{ ...bob }], replyTo: [], date: '2026-11-21T22:00:00Z', messageId: '<b@pli.example>',
  references: '<a@pli.example>', encrypted: true, signature: { state: 'S1', signer: null, reason: '' }, text: 'Oui.\n> Viens-tu ?', html: null,
  attachments: [{ filename: 'a.pdf', type: 'application/pdf', size: 1, bytes: Uint8Array.of(1) }], notices: [],
};

test('a reply goes to its sender, quotes and threads', () => {
  const draft = replyDraft(message, { all: false, own: 'alice@pli.example' });
  assert.deepEqual([draft.to, draft.cc, draft.subject], [[bob], [], 'Re: Avis']);
  assert.deepEqual([draft.inReplyTo, draft.references], ['<b@pli.example>', '<a@pli.example> <b@pli.example>']);
  assert.match(draft.text, /\n> Oui\.\n>> Viens-tu \?\n$/);
});

test('no line of a message stands in the answer as the words of whoever answers', () => {
  const ends = ['\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029'];
  for (const end of ends) {
    const { text } = replyDraft({ ...message, text: `Oui.${end}Je confirme 50 mg.${end}> Viens-tu ?` }, { all: false, own: '' });
    assert.match(text, /\n> Oui\.\n> Je confirme 50 mg\.\n>> Viens-tu \?\n$/, JSON.stringify(end));
    assert.match(forwardDraft({ ...message, text: `Oui.${end}Non.` }).text, /\nOui\.\nNon\.$/, JSON.stringify(end));
  }
});

test('a subject of several lines is one in what answers it', () => {
  const odd = { ...message, subject: 'Avis\r\nBcc: eve@x.example\u202e' };
  assert.equal(replyDraft(odd, { all: false, own: '' }).subject, 'Re: Avis Bcc: eve@x.example');
  assert.doesNotMatch(forwardDraft(odd).text, /^Bcc:/m);
});

test('a reply to all leaves the writer out and names nobody twice', () => {
  assert.deepEqual(replyDraft(message, { all: true, own: 'alice@pli.example' }).cc, [denis]);
});

test('a reply address that differs from the sender is not followed by itself', () => {
  const odd = { ...message, replyTo: [{ name: '', address: 'evil@x.example' }], notices: ['reply-to-differs'] };
  assert.deepEqual(replyDraft(odd, { all: false, own: '' }).to, [bob]);
});

test('text that anyone could have changed is neither quoted nor forwarded, nor are its files [N30]', () => {
  for (const notice of ['plain-text-only', 'old-cipher']) {
    const weak = { ...message, notices: [notice] };
    assert.equal(replyDraft(weak, { all: false, own: '' }).text, '');
    assert.deepEqual([forwardDraft(weak).text, forwardDraft(weak).attachments], ['', []]);
  }
});

test('a message is forwarded whole as a file that is a message', async () => {
  const whole = new TextEncoder().encode('Subject: Avis\r\n\r\nOui.');
  const draft = await forwardWholeDraft(message, async ({ id }) => (id === 'm1' ? whole : new Uint8Array()));
  assert.deepEqual([draft.to, draft.subject, draft.text], [[], 'Fwd: Avis', '']);
  assert.deepEqual(draft.attachments, [{ name: 'Avis.eml', type: 'message/rfc822', bytes: whole }]);
  const named = await forwardWholeDraft({ ...message, subject: '../a\u202e/b:c' }, async () => whole);
  assert.equal(named.attachments[0].name, 'b_c.eml');
});

test('what anyone could have changed, or is a copy, is not forwarded whole either [N26] [N30]', async () => {
  const never = async () => assert.fail('asked for its content');
  for (const change of [{ notices: ['plain-text-only'] }, { notices: ['old-cipher'] }, { copyOf: 'm0' }]) {
    assert.deepEqual((await forwardWholeDraft({ ...message, ...change }, never)).attachments, []);
  }
});

test('a copy of another message is neither quoted nor forwarded [N26]', () => {
  const copy = { ...message, copyOf: 'm0' };
  assert.equal(replyDraft(copy, { all: false, own: '' }).text, '');
  assert.deepEqual([forwardDraft(copy).text, forwardDraft(copy).attachments], ['', []]);
});

test('only the root is quoted: what opens separately goes nowhere [N35]', () => {
  const secret = new TextEncoder().encode('Secret');
  const mixed = { ...message, text: 'Root.', attachments: [{ filename: 'smime.p7m', type: 'application/pkcs7-mime', size: 6, bytes: secret, opens: /** @type {const} */ ('cms') }] };
  const draft = replyDraft(mixed, { all: false, own: '' });
  assert.match(draft.text, /> Root\.\n$/);
  assert.deepEqual([draft.attachments, /Secret/.test(JSON.stringify(draft))], [[], false]);
});

/** @param {string} address @returns {any} */
const signer = (address) => ({ level: null, idType: '', idValue: '', name: 'Mallory', profession: '', address, authority: '', signedAt: null });

test('who is shown as the sender is who is answered, whatever From says [N33]', () => {
  const forged = { ...message, replyTo: [{ name: '', address: 'evil@x.example' }], signature: { state: /** @type {const} */ ('S3'), signer: signer('mallory@x.example') } };
  assert.deepEqual(displayedSender(forged), { name: 'Mallory', address: 'mallory@x.example' });
  assert.deepEqual(displayedSender(forged), shownSender(forged)); // what the head of the message draws
  const draft = replyDraft(forged, { all: false, own: 'alice@pli.example' });
  assert.deepEqual(draft.to, [{ name: 'Mallory', address: 'mallory@x.example' }]);
  assert.match(draft.text, /Mallory wrote/);
  assert.ok(!/bob@|Bob/.test(forwardDraft(forged).text));
});

test('an answer to a sender without address goes to nobody yet [N33]', () => {
  const nameless = { ...message, signature: { state: /** @type {const} */ ('S3'), signer: signer('') } };
  assert.deepEqual(replyDraft(nameless, { all: false, own: '' }).to, []);
  assert.deepEqual(replyDraft({ ...message, from: [] }, { all: false, own: '' }).to, []);
});

test('an answer to what one wrote oneself goes where that went', () => {
  const own = { ...message, from: [alice], to: [bob, denis] };
  assert.deepEqual(replyDraft(own, { all: false, own: 'alice@pli.example' }).to, [bob, denis]);
});

test('a mailto link brings recipients, copies, a subject and text, and nothing else [N49]', () => {
  const href = 'mailto:Eve%20%3Cbob@pli.example%3E,denis@hopital.example?cc=c@d.example&bcc=spy@x.example&subject=Avis%0D%0ABcc:%20y&attach=/etc/passwd'
    + '&attachment=a.pdf&in-reply-to=%3C1%3E&from=a@b.example&body=a+b%0D%0A%3Cb%3Egras%3C/b%3E%00';
  const mailto = parseMailto(href);
  assert.ok(mailto);
  assert.deepEqual(mailtoDraft(mailto), {
    to: [{ name: '', address: 'bob@pli.example' }, denis], cc: [{ name: '', address: 'c@d.example' }], bcc: [],
    subject: 'Avis Bcc: y', text: 'a+b\n<b>gras</b>', inReplyTo: '', references: '', attachments: [] });
});

test('what is no mailto link, or hides a second address, opens nothing [N49]', () => {
  for (const href of ['https://x.example/?mailto:a@b.example', 'mailto:%', 'mailto:"a@b"@c.example', 'mailto:a@b.example%0D%0ABcc:%20x@y.example']) {
    assert.deepEqual(parseMailto(href)?.to ?? [], [], href);
  }
  assert.deepEqual(parseMailto('MAILTO:a@b.example')?.to, [{ name: '', address: 'a@b.example' }]);
});

test('a forwarded message brings its attachments and no recipients', () => {
  const draft = forwardDraft(message);
  assert.deepEqual([draft.to, draft.subject, draft.attachments.length], [[], 'Fwd: Avis', 1]);
});

test('a prefix is added once', () => {
  assert.equal(prefixed('Re', 'RE: Avis'), 'RE: Avis');
  assert.equal(prefixed('Re', 'Fwd: Avis'), 'Re: Fwd: Avis');
});

test('addresses are found in what people type and paste', () => {
  assert.deepEqual(parseAddress('"Bob Garnier" <bob@pli.example>'), bob);
  assert.equal(parseAddress('bob@localhost'), null);
  assert.equal(parseAddress('a b@c.example'), null);
  assert.deepEqual(parseAddresses('bob@pli.example, Den; x@y.example'), {
    found: [{ name: '', address: 'bob@pli.example' }, { name: '', address: 'x@y.example' }], rest: 'Den' });
});

test('[CO6] a recipient without certificate is named with what is possible instead', () => {
  const { title, body } = blockedText({ address: 'a@b.example', entry: null, state: 'unknown' });
  assert.match(title, /^a@b\.example cannot receive/);
  assert.match(body, /Invite/);
});

/** @param {any} members @returns {import('../../../static/js/mail/recipients.js').Recipient} */
const announced = (members) => ({ address: 'a@b.example', entry: null, announced: { seen: '2026-11-21T22:00:00Z', authority: 'Partner CA' }, ...members });

test('a certificate that the recipient himself sent is offered with who vouches, and blocks until a person says yes', () => {
  const offered = announced({ state: 'offered', name: 'Denis Garnier' });
  assert.equal(recipientStatus(offered), 'blocked');
  const { title, body } = blockedText(offered);
  assert.match(title, /^Denis Garnier sent you a certificate/);
  assert.match(body, /a@b\.example; Partner CA vouches/);
});

test('an announced certificate that ended, or cannot be proved, is said in words', () => {
  assert.match(blockedText(announced({ state: 'expired', error: 'certificate-expired' })).body, /new signed message/);
  assert.match(blockedText(announced({ state: 'refused', error: 'certificate-untrusted' })).body, /^Its issuer is not one that is trusted/);
  for (const error of ['address-mismatch', 'certificate-revoked', 'who-knows']) {
    assert.ok(!blockedText(announced({ state: 'refused', error })).body.includes(error), error);
  }
});

test('one line says how everybody reads it, naming those of the classic form', () => {
  const one = (/** @type {any} */ reason, /** @type {string} */ address) => ({ address, cipher: /** @type {const} */ ('aes-256-cbc'), keyTransport: /** @type {const} */ ('rsa-pkcs1'), reason });
  const line = (/** @type {any} */ reason, /** @type {any[]} */ perRecipient) => protectionLine({ cipher: 'aes-256-cbc', reason, perRecipient }, (address) => address);
  assert.match(line('pli', [one('pli', 'b')]), /recent form of Pli/);
  assert.match(line('announced', [one('pli', 'b'), one('announced', 'c')]), /every program here reads/);
  assert.match(line('classic', [one('pli', 'b'), one('classic', 'c')]), /that c’s program reads/);
  assert.match(line('classic', ['c', 'd', 'e'].map((name) => one('classic', name))), /programs of c, d… read/);
});

test('a changed identity blocks, even with a good certificate', () => {
  const changed = { address: 'a@b.example', entry: null, state: /** @type {const} */ ('ready'), pin: /** @type {const} */ ('changed') };
  assert.equal(recipientStatus(changed), 'blocked');
  assert.match(blockedText(changed).body, /telephone/);
  assert.equal(recipientStatus(undefined), 'waiting');
});

test('[CN9] keys with a modifier belong to the browser', () => {
  assert.equal(commandOf({ key: 'j' }), 'next');
  assert.equal(commandOf({ key: 'r', ctrlKey: true }), undefined);
  assert.equal(commandOf({ key: 'z' }), undefined);
});

test('folders stand in the order people expect', () => {
  const folder = (/** @type {any} */ role) => ({ id: role, name: role, role, total: 0, unread: 0 });
  assert.deepEqual(sortedFolders(['trash', '', 'sent', 'inbox'].map(folder)).map(({ role }) => role), ['inbox', 'sent', 'trash', '']);
});

test('the theme goes round', () => {
  assert.deepEqual([nextTheme('auto'), nextTheme('light'), nextTheme('dark')], ['light', 'dark', 'auto']);
});
