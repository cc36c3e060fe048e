/**
 * The passkey vault: a worker of its own, so that nothing that parses mail shares its memory. Stopping
 * the worker is what wipes it.
 */
import { serveAgent } from '../keys/agent.js';
import { rememberedHeads } from '../keys/heads.js';
import { PasskeyAgent } from '../keys/passkey-agent.js';
import { serve } from './rpc.js';

const agent = new PasskeyAgent(rememberedHeads());

serve((endpoint) => {
  serveAgent(agent, endpoint);
  endpoint.handle('trust', (trust) => agent.trust(trust));
});
