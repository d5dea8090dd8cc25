import { type DocumentFormat, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';

/** Addresses of ASP.NET Core programs (learn.microsoft.com/aspnet/core/fundamentals/environments, launchSettings.json). */
const URLS = /"(?:applicationUrl|ASPNETCORE_URLS)"\s*:\s*"([^"]*)"/g;
const ADDRESS = /(https?):\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\*|\+):(\d{1,5})/g;
const TLS = /"sslPort"\s*:\s*(\d{1,5})/g;

export const launchSettings: DocumentFormat = {
  id: 'launch-settings',
  says: 'option',
  matches: (name) => name === 'launchSettings.json',
  read(text) {
    const place = placesIn(text);
    const addresses = [...text.matchAll(URLS)].flatMap((match) => {
      const start = match.index + match[0].length - 1 - match[1]!.length;
      return [...match[1]!.matchAll(ADDRESS)].flatMap((it) =>
        portHere(it[2]!, start + it.index + it[0].length - it[2]!.length, place, { name: it[1]! }),
      );
    });
    const tls = [...text.matchAll(TLS)].flatMap((it) =>
      portHere(it[1]!, it.index + it[0].length - it[1]!.length, place, { name: 'https' }),
    );
    return [...addresses, ...tls];
  },
};
