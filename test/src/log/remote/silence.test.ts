import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answerOf } from '../../../../src/log/git/program/git-program.js';
import { patientHttp } from '../../../../src/log/remote/patient-http.js';

/** Milliseconds. What speaks does so ten times within it, and goes on for longer. */
const SILENCE = 2_000;

describe('a remote', () => {
  const asked = (script: string) => answerOf(['-c', `alias.ask=!${script}`, 'ask'], {}, { silence: SILENCE });

  test('that goes on speaking is waited for, however long it takes', async () => {
    const said = await asked(
      'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do printf "Receiving objects: $i%% ($i/15)\\r" >&2; sleep 0.2; done; echo; echo done',
    );
    expect(said).toEqual({ status: 0, stdout: '\ndone\n', stderr: expect.not.stringContaining('Receiving') });
  });

  test('that says nothing is given up', async () => {
    const said = await asked('echo begun; exec sleep 600');
    expect(said).toEqual({ status: null, stdout: 'begun\n', stderr: '\nno output for 2 seconds' });
  });

  test.each([
    ['that goes on speaking over http is waited for', true],
    ['that says nothing over http is given up', false],
  ])('%s', async (_, speaks) => {
    const server = createServer(async (_request, response) => {
      response.write('first');
      for (let at = 0; speaks && at < 15; at++) {
        await pause(SILENCE / 10);
        response.write('.');
      }
      if (speaks) response.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { body } = await (await patientHttp(SILENCE)).request({ url });
    const taken = (async () => {
      let text = '';
      for await (const chunk of body!) text += Buffer.from(chunk).toString();
      return text;
    })();
    if (speaks) expect(await taken).toBe(`first${'.'.repeat(15)}`);
    else await expect(taken).rejects.toThrow('no data for 2 seconds');
  });
});
