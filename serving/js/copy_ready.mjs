// Copies the ready bundles, which lie once in the repository, into the package.
import { cpSync, existsSync, rmSync } from "node:fs";

const [source, target] = [new URL("../ready", import.meta.url), new URL("ready", import.meta.url)];
if (existsSync(source)) {
  rmSync(target, { recursive: true, force: true });
  cpSync(source, target, { recursive: true });
}
