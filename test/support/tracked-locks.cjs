/** Follows the lock files that this process makes, by whatever call, and says which of them still exist. */
const fs = require('node:fs');

module.exports = function trackLocks() {
  const made = new Map();
  const follow = (name, pathOf) => {
    const real = fs[name];
    fs[name] = (...args) => {
      const result = real.apply(fs, args);
      const path = String(pathOf(args));
      if (path.endsWith('.lock')) made.set(path, fileAt(path));
      return result;
    };
  };
  follow('linkSync', ([, to]) => to);
  follow('renameSync', ([, to]) => to);
  follow('writeFileSync', ([to]) => to);
  follow('openSync', ([path, flags]) => (String(flags).startsWith('w') ? path : ''));
  return {
    held: () =>
      [...made].filter(([path, file]) => file !== undefined && fileAt(path) === file).map(([path]) => path),
    forget: () => made.clear(),
  };
};

function fileAt(path) {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.birthtimeMs}`;
}
