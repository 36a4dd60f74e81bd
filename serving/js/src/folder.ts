/** The files of a bundle in a folder, for Node. */

import { constants } from "node:fs";
import { lstat, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";

import { InputError, said } from "./errors.js";
import type { Stored } from "./manifest.js";
import { FILE_NAME } from "./manifest.js";
import { type Reader, requireAtMost, requireSize } from "./readers.js";

/** Files of a folder that are files of their own, or links to such; links that lead out of the bundle are refused. */
export class FolderReader implements Reader {
  constructor(readonly name: string) {}

  async read(file: string, most: number): Promise<Uint8Array> {
    const path = join(this.name, file);
    // Where the system knows O_NOFOLLOW, a link that took the file's place meanwhile is refused as well.
    const handle = await open(await this.realFile(file), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const { size } = await handle.stat();
      requireAtMost(path, size, most);
      const content = new Uint8Array(size);
      let filled = 0;
      while (filled < size) {
        const { bytesRead } = await handle.read(content, filled, size - filled, filled);
        if (bytesRead === 0) {
          break;
        }
        filled += bytesRead;
      }
      return content.subarray(0, filled);
    } finally {
      await handle.close();
    }
  }

  async check(stored: Stored): Promise<void> {
    const { size } = await lstat(await this.realFile(stored.file));
    requireSize(join(this.name, stored.file), stored, size);
  }

  /** Where a file is, behind its link if it is one. */
  private async realFile(file: string): Promise<string> {
    const path = join(this.name, file);
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined) {
      throw await this.absent(file, path);
    }
    const real = status.isSymbolicLink() ? await this.followed(path) : path;
    if (!(await lstat(real)).isFile()) {
      throw new InputError(`${path} must be a file of its own. Received: something else.`);
    }
    return real;
  }

  /** The end of a link. */
  private async followed(path: string): Promise<string> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) {
      throw new InputError(`${path} must be a file of its own. Received: a link to no file.`);
    }
    if (!mayLeadTo(await realpath(this.name), real)) {
      throw new InputError(
        `${path} must be a file of its own, or a link to one of the bundle or of its model hub's cache. ` +
          `Received: a link to ${real}.`,
      );
    }
    return real;
  }

  private async absent(file: string, path: string): Promise<InputError> {
    if (file !== FILE_NAME) {
      return new InputError(`${path} must be there, as the manifest names it. Received: no such file.`);
    }
    const folder = await stat(this.name).catch((error: unknown) => said(error));
    const what =
      typeof folder === "string" ? "no such folder" : folder.isDirectory() ? "a folder without one" : "a file";
    return new InputError(`${this.name} must be a bundle with a ${FILE_NAME}. Received: ${what}.`);
  }
}

/**
 * Whether a link may end at a path: in the folder of the bundle, as Kubernetes mounts volumes, or, from a folder
 * `snapshots`, in the folder `blobs` beside it, as model hubs keep their caches. A folder `blobs` that is itself a link
 * is none of them: what is behind it is somewhere else.
 */
function mayLeadTo(bundle: string, real: string): boolean {
  if (isInside(bundle, real)) {
    return true;
  }
  for (let folder = dirname(bundle); folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === "snapshots" && isInside(join(dirname(folder), "blobs"), real)) {
      return true;
    }
  }
  return false;
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
