/** Choices that outlast a visit, in browsers that keep any. */

const PREFIX = "keras-gen-";

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is off
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    return; // storage is off, or full
  }
}
