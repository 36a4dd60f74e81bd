/** The one error that means "what you gave cannot be used", and the checks that raise it most often. */

const SHOWN = 60;

/**
 * A mistake in what the caller gave: an option, a bundle, pictures.
 *
 * The message is a single line that states what was expected and what came.
 */
export class InputError extends Error {
  override readonly name = "InputError";

  constructor(message: string) {
    super(oneLine(message));
  }
}

/** A value as a message shows it: as JSON where it has one, cut off where it is long. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = typeof value === "bigint" ? `${value}` : (JSON.stringify(value) ?? String(value));
  } catch {
    text = String(value); // what refers to itself
  }
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 3)}...`;
}

/** What an error of another library says, on one line. */
export function said(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

/** Raises InputError for what is no integer of at least `least` and at most `most`. */
export function requireInteger(name: string, value: unknown, least: number, most = Infinity): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new InputError(`\`${name}\` must be an integer of at least ${least}. Received: ${shownNumber(value)}.`);
  }
  if ((value as number) > most) {
    throw new InputError(`\`${name}\` must be an integer of at most ${most}. Received: ${shownNumber(value)}.`);
  }
}

/** Raises InputError for numbers of which one is not finite. */
export function requireFinite(name: string, values: Uint8Array | Float32Array): void {
  if (!values.every(Number.isFinite)) {
    throw new InputError(`\`${name}\` must be finite. Received: NaN or Infinity.`);
  }
}

/** A number as it is, which JSON has no word for where it is not finite; anything else as `shown`. */
export function shownNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : shown(value);
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
}
