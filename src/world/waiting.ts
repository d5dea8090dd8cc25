import { world } from './world.js';

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    world.after(milliseconds, resolve);
  });
}

/** The next turn of the event loop: all that was asked for in this one has been. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    world.soon(resolve);
  });
}

/** fsync(2), beside others. */
export function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    world.sync(descriptor, (error) => (error ? reject(error) : resolve()));
  });
}
