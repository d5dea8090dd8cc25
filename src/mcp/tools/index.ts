/** At most nine, because every agent reads all descriptions. */

import type { Tool } from '../tool.js';
import { allocate } from './allocate.js';
import { checkPort } from './check-port.js';
import { explainConflict } from './explain-conflict.js';
import { history } from './history.js';
import { listPorts } from './list-ports.js';
import { portsOf } from './ports-of.js';
import { release } from './release.js';
import { urlOf } from './url-of.js';
import { whereAmI } from './where-am-i.js';

export const TOOLS: readonly Tool[] = [
  whereAmI,
  urlOf,
  portsOf,
  checkPort,
  allocate,
  release,
  listPorts,
  history,
  explainConflict,
];
