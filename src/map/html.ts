const PLACE = '<!-- data -->';

export const MARK = '<meta name="generator" content="vports map">';

/**
 * Inserts the data into the page. Base64 has no character with a meaning in HTML, so no text of a registry becomes markup. No
 * browser runs an element of this type.
 */
export function withData(template: string, base64: string): string {
  const [before, after, more] = template.split(PLACE);
  if (before === undefined || after === undefined || more !== undefined || /[^\w+/=]/.test(base64))
    throw new Error('the template of the map lacks the placeholder for its data');
  return `${before}<script type="application/octet-stream" id="data">${base64}</script>${after}`;
}

/** A page that is served may ask its server for news, which its policy forbids to one in a file. */
export function thatAsks(page: string): string {
  return page.replace('img-src data:;', "img-src data:; connect-src 'self';");
}
