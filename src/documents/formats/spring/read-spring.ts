import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { yamlLines } from '../yaml-lines.js';

/** The properties of Spring Boot that a program listens by (docs.spring.io/spring-boot, application properties). */
const NAMES: Record<string, string | undefined> = {
  'server.port': undefined,
  'server.http.port': 'http',
  'management.server.port': 'management',
  'spring.rsocket.server.port': 'rsocket',
  'grpc.server.port': 'grpc',
  'quarkus.http.port': undefined,
  'micronaut.server.port': undefined,
};
const PROPERTY = /^[ \t]*([\w.-]+)[ \t]*[=:][ \t]*(\S+)[ \t]*\r?$/gm;

/** `application.yml` and `application-dev.properties`: `9001`, and `${PORT:9001}`. */
export const spring: DocumentFormat = {
  id: 'spring',
  says: 'option',
  matches: (name) => /^(application|bootstrap)([-.][\w-]+)*\.(ya?ml|properties)$/.test(name),
  fits: (text) => /port/.test(text),
  read(text, name = '') {
    const place = placesIn(text);
    const lines = name.endsWith('.properties')
      ? [...text.matchAll(PROPERTY)].map((match) => {
          const [whole, property = '', value = ''] = match;
          return { property, value, offset: match.index + whole.lastIndexOf(value) };
        })
      : yamlLines(text).map(({ path, key, value, offset }) => ({
          property: [...path, key].join('.'),
          value,
          offset,
        }));
    return lines.flatMap(({ property, value, offset }): PortEntry[] => {
      if (!Object.hasOwn(NAMES, property)) return [];
      const [, before = '', digits = ''] = /^(["']?(?:\$\{\w+:)?)(\d{1,5})\}?["']?$/.exec(value) ?? [];
      const own = NAMES[property];
      return portHere(digits, offset + before.length, place, own === undefined ? {} : { name: own });
    });
  },
};
