import { world } from './world.js';

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    world.after(milliseconds, resolve);
  });
}

/** fsync(2) without blocking. */
export function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    world.sync(descriptor, (error) => (error ? reject(error) : resolve()));
  });
}
