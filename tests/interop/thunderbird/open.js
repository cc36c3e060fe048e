/** Runs in Thunderbird: opens a message file in a tab and says what the person sees. arguments: [path] */
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const SETTLING = 1_500; // after loading: a signature inside an encryption is announced late, and none is announced never
const LOADING = 20_000;

const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(arguments[0]);
const main = Services.wm.getMostRecentWindow("mail:3pane");
const tabs = main.document.getElementById("tabmail");
const before = tabs.tabInfo.length;
MailUtils.openEMLFile(main, file, Services.io.newFileURI(file));

const shown = () => (tabs.tabInfo.length > before ? tabs.tabInfo.at(-1).chromeBrowser?.contentWindow : null);
const begin = Date.now();
let loaded = 0;
for (let done = false; !done; ) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (!loaded && shown()?.msgLoaded) loaded = Date.now();
  const judged = shown()?.gSmimeProcessedDispatched && shown().gSignatureStatus !== -1;
  done = judged || (loaded && Date.now() - loaded > SETTLING) || Date.now() - begin > LOADING;
}
const view = shown();
const seen = {
  encryption: view.gEncryptionStatus,
  signature: view.gSignatureStatus,
  signer: view.gSignerCert?.emailAddress ?? null,
  subject: view.currentHeaderData?.subject?.headerValue ?? "",
  attachments: view.currentAttachments.map(({ name }) => name),
  body: view.getMessagePaneBrowser().contentDocument.body?.innerText ?? "",
};
tabs.closeTab(tabs.tabInfo.at(-1));
return seen;
