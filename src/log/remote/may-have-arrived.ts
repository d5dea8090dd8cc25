import { VportsError } from '../../errors.js';

/** What failed after a push whose answer may have been lost on the way back: nobody can say yet that it did not come about. */
export function mayHaveArrived({ code, message, hint, details }: VportsError): VportsError {
  return new VportsError(code, message, {
    hint: `it may have arrived all the same: \`vports sync\` tells${hint ? `; ${hint}` : ''}`,
    details: { ...details, mayHaveArrived: true },
  });
}
