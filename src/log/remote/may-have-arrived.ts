import { VportsError } from '../../errors.js';

/** For an error after a push whose answer may have been lost: the push may have succeeded. */
export function mayHaveArrived({ code, message, hint, details }: VportsError): VportsError {
  return new VportsError(code, message, {
    hint: `it may still have arrived: \`vports sync\` shows whether${hint ? `; ${hint}` : ''}`,
    details: { ...details, mayHaveArrived: true },
  });
}
