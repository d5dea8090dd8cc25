/** Where the template has a place for the data. */
const PLACE = '<!-- data -->';

/** Words by which a map is known to be one. */
export const MARK = '<meta name="generator" content="vports map">';

/**
 * The page with its data. Base64 has no character that means anything in HTML, so no text of a registry is ever markup. The data is
 * an element of its own that no browser runs.
 */
export function withData(template: string, base64: string): string {
  const [before, after, more] = template.split(PLACE);
  if (before === undefined || after === undefined || more !== undefined || /[^\w+/=]/.test(base64))
    throw new Error('the template of the map has no place for its data');
  return `${before}<script type="application/octet-stream" id="data">${base64}</script>${after}`;
}

/** A page that is served may ask its server for news, which its policy forbids to one in a file. */
export function thatAsks(page: string): string {
  return page.replace('img-src data:;', "img-src data:; connect-src 'self';");
}
