/** Stands in for vitest where a script uses what tests use. */
const left = [];

export function onTestFinished(done) {
  left.push(done);
}

export function afterAll(done) {
  left.push(done);
}

export async function finish() {
  for (const done of left.reverse()) await done();
}
