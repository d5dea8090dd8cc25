/** Why a template claims nothing. */
export const TEMPLATE = 'a template, filled in when it is used';

/** A name that is filled in when its template is used. */
export function isTemplate(name: string | undefined): boolean {
  return name !== undefined && /\{\{|\}\}|<%|%>|__[A-Z][A-Z0-9_]*__/.test(name);
}

/** Whether a text that cannot be understood may be one that is filled in first: Jinja, cookiecutter, Go, EJS. */
export function isTemplateText(text: string): boolean {
  return /\{\{.*\}\}|\{%.*%\}|<%.*%>/.test(text);
}
