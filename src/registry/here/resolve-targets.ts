import { baseOf } from '../../../events/names.js';
import { VportsError } from '../../errors.js';
import { holdingsOf, type View } from '../decide/view.js';
import { isOwnHere } from '../project/own-view.js';
import { type Here, type HereOptions, lookHere } from './here.js';
import type { Surroundings } from './surroundings.js';
import { type Target, targetsOf } from './targets.js';

export interface Meant {
  view: View;
  here: Here | undefined;
  targets: Target[];
  /** Reloads the view. */
  look: () => Promise<View>;
}

const SHOWN = 5;

/** Retries if another work tree takes the instance name first. */
const TRIES = 5;

/**
 * Does `work` with what these names mean here. Where another work tree has taken the name of the instance meanwhile, it is done
 * anew, with the next one. Throws what lookHere, targetsOf and `work` throw.
 */
export async function asMeantHere<T>(
  surroundings: Surroundings,
  texts: string[],
  options: HereOptions & { at?: string | undefined },
  work: (meant: Meant) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    // Without a name the folder's own resource is meant, never one of another project.
    const look = () => surroundings.view({ at: options.at, reads: texts.length > 0 });
    const view = await look();
    const here = hereIfTold(surroundings, texts, options, view);
    const targets = targetsOf(texts, here, { view, folderOf: surroundings.folderOf });
    try {
      return await work({ view, here, targets, look });
    } catch (error) {
      if (attempt === TRIES || !isNameTaken(error)) throw error;
    }
  }
}

function hereIfTold(
  { cwd, logs }: Surroundings,
  texts: string[],
  options: HereOptions,
  view: View,
): Here | undefined {
  const look = (resource?: string) =>
    lookHere(cwd, resource === undefined ? options : { ...options, resource }, view, logs.project()?.id);
  try {
    const here = look();
    if (texts.length > 0 || here.guess === undefined || holdingsOf(view, here.resource).length > 0)
      return here;
    const [only, ...others] = claimedHere(logs, view);
    if (only === undefined) return here;
    if (others.length === 0)
      return { ...look(only), guess: `using ${only}, the only resource of this project` };
    const names = [only, ...others].slice(0, SHOWN).join(', ');
    return {
      ...here,
      guess: `${here.guess}; this project has ${names}${others.length >= SHOWN ? ' and more' : ''}`,
    };
  } catch (error) {
    const isUnnamed = error instanceof VportsError && error.code === 'BAD_USAGE';
    if (texts.length > 0 && isUnnamed) return undefined;
    throw error;
  }
}

function claimedHere(logs: Surroundings['logs'], view: View): string[] {
  if (logs.project() === undefined) return [];
  const own = [...view.registry].filter((it) => !it.lease && it.project !== undefined && isOwnHere(logs, it));
  return [...new Set(own.map(({ resource }) => baseOf(resource)))].sort();
}

function isNameTaken(error: unknown): boolean {
  return error instanceof VportsError && error.code === 'CONFLICT' && error.details.folder !== undefined;
}
