/** Promise.all that waits until all have settled before it throws, so that none is still running afterwards. */
export async function allDone<T extends readonly unknown[]>(
  works: {
    [Index in keyof T]: Promise<T[Index]> | T[Index];
  },
): Promise<T> {
  const settled = await Promise.allSettled(works);
  for (const it of settled) if (it.status === 'rejected') throw it.reason;
  return settled.map((it) => (it as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
