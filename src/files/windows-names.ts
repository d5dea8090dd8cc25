/** Device names of Windows, in every folder and with every extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;

export function namesDevice(path: string): boolean {
  return path.split(/[\\/]/).some((part) => DEVICES.test(part.replace(/[. ]+$/, '')));
}

/**
 * Whether Windows takes a path or file URL for one on another machine: `\\server\share`, `\\.\pipe\x`. A mere check for its
 * existence logs in there, so text written by others must not name one.
 */
export function isNetworkPath(text: string): boolean {
  return /^[\\/]{2}(?![\\/]|\?[\\/][a-z]:)/i.test(text) || /^file:\/\/(?!\/|localhost\/)/i.test(text);
}

/** Strips `\\?\` from `\\?\C:\x`: Node handles long paths without it. */
export function withoutLongPrefix(path: string): string {
  return path.replace(/^\\\\\?\\(?=[a-z]:)/i, '');
}
