/** Signatures by SSH keys: of commands, which go with the events whatever becomes of the commits, and of commits. */

export { type AllowedSigner, parseAllowedSigners } from './allowed-signers.js';
export { type Command, commandsIn } from './command-text.js';
export { verifyCommand } from './verify-command.js';
