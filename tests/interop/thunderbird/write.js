/**
 * Runs in Thunderbird: sends a plain text message through its composer's sender.
 * arguments: [from, to, subject, text, recipient's certificate in PEM or "", sign, encrypt]
 */
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const [from, to, subject, text, pem, sign, encrypt] = arguments;
const secure = Cc["@mozilla.org/messengercompose/composesecure;1"].createInstance(Ci.nsIMsgComposeSecure);
secure.signMessage = sign;
secure.requireEncryptMessage = encrypt;
if (encrypt) await know(to);

const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
Object.assign(fields, { from, to, subject, forcePlainText: true, composeSecure: secure });
const [identity] = MailServices.accounts.allIdentities;
const window = Services.wm.getMostRecentWindow("mail:3pane");
const sender = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
return new Promise((resolve, reject) => {
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
    onStopSending: (id, status) => resolve(`status ${status}`),
    onSendNotPerformed: (id, status) => resolve(`not sent, status ${status}`),
    onStartSending() {}, onProgress() {}, onStatus() {}, onGetDraftFolderURI() {}, onTransportSecurityError() {},
  };
  const now = Ci.nsIMsgSend.nsMsgDeliverNow;
  const sending = [null, identity, "account1", fields, false, false, now, null, "text/plain", text, window, null, listener];
  sender.createAndSendMessage(...sending, null, null, Ci.nsIMsgCompType.New).catch(reject);
});

/** Imports the certificate as a person does from a file, and lets the message find it as the composer does. */
async function know(address) {
  const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  const bytes = [...atob(pem.replace(/-----[^-]*-----|\s/g, ""))].map((octet) => octet.charCodeAt(0));
  database.importEmailCertificate(bytes, bytes.length, null);
  const certificate = await new Promise((resolve) => {
    secure.asyncFindCertByEmailAddr(address, { findCertDone: (found, certificate) => resolve(certificate) });
  });
  if (!certificate) throw new Error(`no valid encryption certificate for ${address}`);
  secure.cacheValidCertForEmail(address, certificate.dbKey);
}
