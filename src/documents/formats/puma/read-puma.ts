import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** `port 4567`, `bind "tcp://0.0.0.0:9292"` of puma, `bind = "0.0.0.0:8000"` of gunicorn. `PORT` itself is skipped. */
const LISTENED =
  /^[ \t]*(?:port[ \t(]+|bind[ \t(=]+\[?["'](?:tcp:\/\/|ssl:\/\/)?[\w.[\]:]*?:)(?<port>\d{2,5})(?=["')\s?&]|$)/gm;

/** Configuration files of Ruby and Python servers (puma.io, docs.gunicorn.org). */
export const puma: DocumentFormat = {
  id: 'puma',
  says: 'option',
  matches: (name) => /^(puma|unicorn|thin)(\.\w+)?\.rb$|^gunicorn([._-]\w+)*\.py$/.test(name),
  read: (text) => portsMatching(text, LISTENED),
};
