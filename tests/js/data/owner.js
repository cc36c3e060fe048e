/** An open mailbox with real keys, in an agent that needs no bridge. */
import { utf8 } from '../../../static/js/cms/octets.js';
import { forgottenHeads } from '../../../static/js/keys/heads.js';
import { PasskeyAgent } from '../../../static/js/keys/passkey-agent.js';
import { certify, makeAuthority } from '../keys/operator.js';

const ADDRESS = 'zoe@pli.example';
const MAILBOX = '00112233445566778899aabbccddeeff';
const operator = makeAuthority('operator');

/** Keys as an owner has them, of epochs that this session opens. */
export async function owner({ agent = new PasskeyAgent(forgottenHeads()), address = ADDRESS, mailboxId = MAILBOX } = {}) {
  const { handle, encryptionRequest, signatureRequest } = await agent.requestCertificates({ address });
  const encryptionCertificate = certify('operator', encryptionRequest, 'keyEncipherment');
  const signatureCertificate = certify('operator', signatureRequest, 'digitalSignature');
  const passkey = { credentialId: utf8('credential'), prf: new Uint8Array(32).fill(7), name: 'Zoé', idType: '', idValue: '' };
  await agent.createMailbox({ handle, mailboxId, address, encryptionCertificate, signatureCertificate, chain: [operator], crls: [], holder: { passkey } });
  return { agent, encryptionCertificate, opened: { handle, mailboxId, address, epoch: 1, epochs: [1] }, revocation: { crls: [], ocsps: [] } };
}

