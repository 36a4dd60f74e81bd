/** The operators that a network of a bundle may use: `serving/bundle/operators.py` says why. */

import { InputError, shown } from "./errors.js";
import type { OnnxFacts } from "./onnx.js";
import { OPERATORS } from "./schema.js";

const SHOWN = 3;

/** Raises InputError for a network with other operators, with some that it defines itself, or with sparse tensors. */
export function requireNumbersFromNumbers(name: string, facts: OnnxFacts): void {
  const refused = [...facts.operators].filter((operator) => !OPERATORS.has(operator)).sort();
  if (refused.length > 0) {
    const received = refused.slice(0, SHOWN).map(shown).join(", ");
    throw new InputError(
      `${name} must use operators of ONNX that compute numbers from numbers. Received: ${received}.`,
    );
  }
  if (facts.functions > 0) {
    throw new InputError(`${name} must define no operators of its own. Received: ${facts.functions}.`);
  }
  if (facts.sparse > 0) {
    throw new InputError(`${name} must store all numbers of a tensor. Received: ${facts.sparse} sparse ones.`);
  }
}
