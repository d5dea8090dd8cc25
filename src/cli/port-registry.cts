#!/usr/bin/env node
/** `port-registry check 25000` is `vports port-registry check 25000`. */
process.argv.splice(2, 0, 'port-registry');
require('./vports.cjs');
