/** ONNX Runtime as it is installed beside this package. */

import { InputError, said } from "./errors.js";
import type { Runtime } from "./runtime.js";

/**
 * The module of ONNX Runtime.
 *
 * @throws InputError a package that is not there or does not load.
 */
export async function installed(name: string, load: () => Promise<Runtime>): Promise<Runtime> {
  try {
    return await load();
  } catch (error) {
    throw new InputError(`${name} must be installed beside keras-gen. Received: ${said(error)}`);
  }
}
