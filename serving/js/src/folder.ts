/** The files of a bundle in a folder, for Node. */

import { constants } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { join } from "node:path";

import { InputError, said } from "./errors.js";
import type { Stored } from "./manifest.js";
import { FILE_NAME } from "./manifest.js";
import { type Reader, requireAtMost, requireSize } from "./readers.js";

/** Files of a folder that are files of their own: links are refused. */
export class FolderReader implements Reader {
  constructor(readonly name: string) {}

  async read(file: string, most: number): Promise<Uint8Array> {
    const path = await this.ownFile(file);
    // Where the system knows O_NOFOLLOW, a link that took the file's place meanwhile is refused as well.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
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
    const path = await this.ownFile(stored.file);
    requireSize(path, stored, (await lstat(path)).size);
  }

  private async ownFile(file: string): Promise<string> {
    const path = join(this.name, file);
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined) {
      throw await this.absent(file, path);
    }
    if (!status.isFile()) {
      const what = status.isSymbolicLink() ? "a symbolic link" : "something else";
      throw new InputError(`${path} must be a file of its own. Received: ${what}.`);
    }
    return path;
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
