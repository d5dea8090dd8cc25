const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90s`, `30m`, `2h`, `7d`, `1h30m` in milliseconds; undefined for anything else, also for zero. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,6}[smhdw])+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    total += Number(amount) * UNITS[unit as keyof typeof UNITS];
  }
  return total > 0 ? total : undefined;
}

/** Milliseconds in the two largest units: `1h 30m`, `7d`, `45s`. */
export function formatDuration(milliseconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(milliseconds / 1000)) * 1000;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const amount = Math.floor(rest / UNITS[unit]);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest -= amount * UNITS[unit];
  }
  return parts.slice(0, 2).join(' ') || '0s';
}
