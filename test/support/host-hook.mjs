/**
 * What hosts do with a push: `post-receive` of GitLab, which reads push options, and `proc-receive` (githooks(5)) of Gitea and Gerrit,
 * which take pushes to refs/for/. `node host-hook.mjs KIND URL`, in the bare repository; requests are kept in its requests.json.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';

const [, , kind, url] = process.argv;
const FILE = 'requests.json';
const requests = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
const say = (...lines) => lines.map((line) => process.stderr.write(`${line}\n`));
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();

if (kind === 'gitlab') {
  const options = Array.from(
    { length: Number(process.env.GIT_PUSH_OPTION_COUNT ?? 0) },
    (_, index) => process.env[`GIT_PUSH_OPTION_${index}`],
  );
  const optionOf = (name) =>
    options.find((it) => it.startsWith(`merge_request.${name}=`))?.slice(`merge_request.${name}=`.length);
  const [, , ref] = readFileSync(0, 'utf8').trim().split(' ');
  if (options.includes('merge_request.create')) {
    const branch = ref.replace('refs/heads/', '');
    const request = keep({
      branch,
      base: optionOf('target'),
      title: optionOf('title'),
      text: optionOf('description').replaceAll('\\n', '\n'),
      draft: options.includes('merge_request.draft'),
    });
    say('', `View merge request for ${branch}:`, `  ${url}/-/merge_requests/${request.number}`, '');
  }
} else procReceive();

function keep(own) {
  const open = requests.find((it) => it.branch === own.branch);
  const request = Object.assign(open ?? { number: requests.length + 7 }, own);
  if (!open) requests.push(request);
  writeFileSync(FILE, JSON.stringify(requests));
  return request;
}

function procReceive() {
  const input = packets();
  // Version and features.
  take(input);
  send('version=1\0push-options');
  flush();
  const [, oid, ref] = take(input)[0].split(' ');
  const options = Object.fromEntries(take(input).map((it) => it.split(/=(.*)/s).slice(0, 2)));
  const refused = kind === 'gerrit' ? change(oid, ref, options) : pull(ref, options);
  send(refused ? `ng ${ref} ${refused}` : `ok ${ref}`);
  flush();
}

/** docs.gitea.com/usage/agit */
function pull(ref, { topic, title, description }) {
  if (!topic) return 'no topic';
  const own = { branch: topic, base: ref.replace('refs/for/', ''), title, text: description };
  const { number } = keep(own);
  say('Visit the existing pull request:', `  ${url}/pulls/${number}`);
  return undefined;
}

/** gerrit-review.googlesource.com/Documentation/user-upload.html: what a branch has is no change unless a base says so. */
function change(oid, ref, { topic, base: from, wip }) {
  const known = from ? [`^${from}`] : ['--not', '--branches'];
  const commits = git('rev-list', '--reverse', oid, ...known)
    .split('\n')
    .filter(Boolean);
  if (commits.length === 0) return 'no new changes';
  if (topic === 'ports/refused') {
    say('ERROR: the project wants a Signed-off-by');
    return 'not Signed-off-by author/committer/uploader in message footer';
  }
  const messages = commits.map((it) => git('log', '-1', '--format=%B', it));
  if (messages.some((it) => !/^Change-Id: I[0-9a-f]{40}$/m.test(it))) {
    say('ERROR: commit: missing Change-Id in message footer');
    return 'commit: missing Change-Id in message footer';
  }
  const changes = commits.map((commit, index) => {
    const id = /^Change-Id: (\S+)$/m.exec(messages[index])[1];
    const title = messages[index].split('\n', 1)[0];
    const base = ref.replace('refs/for/', '');
    return keep({ branch: id, topic, base, title, draft: wip !== undefined, commit });
  });
  say('', 'SUCCESS', '', ...changes.map(({ number, title }) => `  ${url}/+/${number} ${title} [NEW]`), '');
  return undefined;
}

function* packets() {
  for (;;) {
    const length = Number.parseInt(read(4).toString(), 16);
    yield length === 0
      ? undefined
      : read(length - 4)
          .toString()
          .replace(/\n$/, '');
  }
}

function take(input) {
  const lines = [];
  for (let next = input.next().value; next !== undefined; next = input.next().value) lines.push(next);
  return lines;
}

function read(length) {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const bytes = readSync(0, buffer, at, length - at, null);
    if (bytes === 0) throw new Error('git has hung up');
    at += bytes;
  }
  return buffer;
}

function send(text) {
  writeSync(1, `${(text.length + 4).toString(16).padStart(4, '0')}${text}`);
}

function flush() {
  writeSync(1, '0000');
}
