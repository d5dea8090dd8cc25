/** Names that Windows has for devices, in every folder and with every ending (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;

/** Whether a part of a path is a device on Windows, and no file or folder. */
export function namesDevice(path: string): boolean {
  return path.split(/[\\/]/).some((part) => DEVICES.test(part.replace(/[. ]+$/, '')));
}

/**
 * Whether a path, or a file URL, is on another machine for Windows: `\\server\share`, `\\.\pipe\x`. To look whether it is there is to log in
 * there, so that nothing that others wrote may name one.
 */
export function isNetworkPath(text: string): boolean {
  return /^[\\/]{2}(?![\\/]|\?[\\/][a-z]:)/i.test(text) || /^file:\/\/(?!\/|localhost\/)/i.test(text);
}

/** `\\?\C:\x` is `C:\x` without a limit on its length, which Node needs no telling. */
export function withoutLongPrefix(path: string): string {
  return path.replace(/^\\\\\?\\(?=[a-z]:)/i, '');
}
