import { join } from 'node:path';
import { badUsage } from '../../../errors.js';
import { workTreeOf } from '../../../files/work-tree.js';
import { holdingsOf } from '../../decide/view.js';
import {
  asMeantHere,
  type Here,
  type HereOptions,
  type Surroundings,
  variableAsked,
} from '../../here/index.js';
import { firstClone, keepFirstClone } from '../../project/first-clone.js';
import { isOwnHere, ofOtherProjects } from '../../project/own-view.js';
import {
  type OnConflict,
  type PortsForARun,
  projectScript,
  type Run,
  runCommand,
  scriptsHere,
} from '../../run/index.js';
import { judgedAnswer } from '../../state/judged-answer.js';

export interface RunRequest extends HereOptions {
  resources?: string[] | undefined;
  ports?: string[] | undefined;
  env?: string[] | undefined;
  wait?: number | undefined;
  onConflict?: OnConflict | undefined;
  /** Lease missing ports to the folder; else for the run. */
  keeps?: boolean | undefined;
  /** Whether a single word may be a script of package.json, and no word means `dev` or `start`. */
  scripts?: boolean | undefined;
  command: string[];
}

/** Returns the exit status. Throws like runCommand. */
export async function run(
  place: Surroundings & { registry: PortsForARun },
  request: RunRequest,
  report: (line: string) => void,
): Promise<number> {
  const { resources = [], ports, env = [], wait, onConflict = 'fail', keeps = false } = request;
  const asked: Run = {
    ports,
    env: env.map(variableAsked),
    wait,
    onConflict,
    ...commandMeant(place, request, report),
  };
  let guess: string | undefined;
  place.logs.judgesAnswersOnly = true;
  return asMeantHere(place, resources, request, async ({ view, here, targets, look }) => {
    const [first, ...others] = targets;
    const held = async () => targets.flatMap(({ resource }) => holdingsOf(view, resource));
    await judgedAnswer(place.logs, held, (ports) => ports);
    for (const { message } of ofOtherProjects(place.logs, view, targets)) report(`note: ${message}`);
    const isOwn = first!.base === here?.resource && !first!.byHand;
    if (isOwn) noteClone(place, here!, request.instance, report);
    if (resources.length === 0 && here?.guess !== guess) report(`note: ${here!.guess}`);
    guess = here?.guess;
    return runCommand(
      place.registry,
      asked,
      {
        targets: [first!, ...others],
        here,
        isOwn,
        keeps,
        adapts: resources.length === 0,
        view,
        look,
        isForeign: (it) => it.project !== undefined && !isOwnHere(place.logs, it),
        once: (what) => place.logs.markOnce(what),
      },
      report,
    );
  });
}

function commandMeant(
  { cwd }: Surroundings,
  { command, scripts }: RunRequest,
  report: (line: string) => void,
): Pick<Run, 'command' | 'cwd'> {
  const script = scripts && command.length < 2 ? projectScript(cwd, command[0]) : undefined;
  if (script) {
    const { name, folder } = script;
    report(`note: ${script.command.join(' ')}: the script ${name} of ${join(folder, 'package.json')}`);
    return { command: script.command, cwd: folder };
  }
  if (command.length > 0) return { command };
  throw badUsage(
    'no command given',
    scripts ? hintOfScripts(cwd) : 'put it after `--`: `vports exec web -- npm start`',
  );
}

function hintOfScripts(cwd: string): string {
  const names = [...scriptsHere(cwd).keys()].filter((it) => /^\w[\w:.-]{0,39}$/.test(it)).slice(0, 10);
  return names.length === 0
    ? 'no package.json here has a script; name a command: `vports run COMMAND`'
    : `package.json here has neither \`dev\` nor \`start\`, but ${names.join(', ')}: \`vports run ${names[0]}\``;
}

/** The first clone owns the project's claims; notes it when another clone uses them. */
function noteClone(
  { logs }: Surroundings,
  here: Here,
  asked: string | undefined,
  report: (line: string) => void,
): void {
  const id = logs.project()?.id;
  if (id === undefined || here.instance !== undefined || workTreeOf(here.root) === undefined) return;
  const first = firstClone(id);
  if (asked === undefined) keepFirstClone(id, here.root);
  else if (first !== undefined && first !== here.root)
    report(`note: these ports belong to another clone of ${id}, ${first}`);
}
