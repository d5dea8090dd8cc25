import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Milliseconds that each of `times` runs took. */
export async function time(times: number, work: (index: number) => unknown): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const start = performance.now();
    await work(index);
    taken.push(performance.now() - start);
  }
  return taken;
}

export function print(rows: Record<string, string | number>[]): void {
  const keys = Object.keys(rows[0]!);
  const line = (cells: unknown[]) => `| ${cells.join(' | ')} |`;
  console.log(
    [line(keys), line(keys.map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join('\n'),
  );
}

export function machine(folder: string): string {
  const filesystem = execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim();
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  return `${cpus().length} cores, ${filesystem}, node ${process.version}, ${git}`;
}

/** A folder for the run, on the file system of `BENCH_FOLDER` or of the temporary folder; removed at the end. */
export function workFolder(): string {
  const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'vports-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
