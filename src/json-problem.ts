import { type ParseErrorCode, printParseErrorCode } from 'jsonc-parser';

const WORDS: Record<string, string> = {
  InvalidSymbol: 'this is no JSON',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a key in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'something stands behind the end',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'a comment does not end',
  UnexpectedEndOfString: 'a text does not end: its closing " is missing',
  UnexpectedEndOfNumber: 'a number does not end',
  InvalidUnicode: 'a \\u needs four hexadecimal digits',
  InvalidEscapeCharacter: 'a \\ stands before what cannot be escaped',
  InvalidCharacter: 'a control character stands in a text',
};

/** What is wrong with a JSON text at the place that the parser tells, in words. */
export function jsonProblem(code: ParseErrorCode): string {
  const name = printParseErrorCode(code);
  return WORDS[name] ?? name;
}
