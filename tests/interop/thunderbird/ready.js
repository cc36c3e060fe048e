/**
 * Runs in Thunderbird: waits for its main window, and gives the account the certificates of its person.
 * arguments: [addresses, the account's first]
 */
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
const [[own]] = arguments;
while (!Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.tabInfo?.length) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const certificate = database.getCerts().find(({ emailAddress }) => emailAddress === own);
const [identity] = MailServices.accounts.allIdentities;
for (const use of ["signing", "encryption"]) {
  identity.setUnicharAttribute(`${use}_cert_name`, certificate.displayName);
  identity.setCharAttribute(`${use}_cert_dbkey`, certificate.dbKey);
}
return true;
