/** A GitHub annotation, docs.github.com/actions/reference/workflow-commands. */
export function annotation(
  level: 'error' | 'warning' | 'notice',
  properties: Record<string, string | number | null>,
  message: string,
): string {
  const parts = Object.entries(properties).flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${property(String(value))}`],
  );
  return `::${level} ${parts.join(',')}::${data(message)}`;
}

function property(value: string): string {
  return data(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function data(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
