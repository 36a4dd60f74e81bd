/** Typed reading of JSON that someone else wrote. */

import { InputError, said, shown } from "./errors.js";
import { DEEPEST, LARGEST_INTEGER } from "./schema.js";

/**
 * What a manifest says, before anything is known of its entries.
 *
 * @throws InputError not JSON, too deep, a number that 64-bit floating point cannot hold, or text that is not Unicode.
 */
export function parseDocument(text: string): unknown {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new InputError(`a manifest must be JSON. Received: ${said(error)}.`);
  }
  checkValues(data, 1);
  return data;
}

function checkValues(value: unknown, depth: number): void {
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) {
    throw new InputError("a manifest must be Unicode. Received: half of a surrogate pair.");
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new InputError("a manifest must have numbers of 64-bit floating point. Received: a larger one.");
  }
  if (typeof value === "object" && value !== null) {
    if (depth > DEEPEST) {
      throw new InputError(`a manifest must be at most ${DEEPEST} arrays and objects deep. Received: more.`);
    }
    Object.keys(value).forEach((key) => checkValues(key, depth + 1));
    Object.values(value).forEach((entry) => checkValues(entry, depth + 1));
  }
}

/** An entry of parsed JSON and its place, keys joined by points. What is of another type is an InputError. */
export class JsonReader {
  constructor(
    readonly where: string,
    readonly data: unknown,
  ) {}

  /** The error that names this entry. */
  fail(expected: string): InputError {
    return new InputError(`${this.where} must be ${expected}. Received: ${shown(this.data)}.`);
  }

  /** An object of any keys. */
  object(): Readonly<Record<string, unknown>> {
    if (typeof this.data !== "object" || this.data === null || Array.isArray(this.data)) {
      throw this.fail("an object");
    }
    return this.data as Record<string, unknown>;
  }

  /** An object of any keys, at most `most`, each read by `read`. */
  mapOf<Value>(read: (entry: JsonReader) => Value, most = Infinity): ReadonlyMap<string, Value> {
    const entries = Object.entries(this.object());
    this.requireAtMost(most, entries.length);
    return new Map(entries.map(([key, data]) => [key, read(new JsonReader(`${this.where}.${key}`, data))]));
  }

  /** An object with all `required` keys. Others are optional: what is not known is ignored. */
  fields(required: readonly string[]): Fields {
    const fields = new Fields(this.where, this.object());
    required.forEach((key) => fields.required(key));
    return fields;
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most = LARGEST_INTEGER): number {
    if (!Number.isInteger(this.data) || (this.data as number) < least) {
      throw this.fail(`an integer of at least ${least}`);
    }
    if ((this.data as number) > most) {
      throw this.fail(`an integer of at most ${most}`);
    }
    return this.data as number;
  }

  /** Any number. */
  number(): number {
    if (typeof this.data !== "number") {
      throw this.fail("a number");
    }
    return this.data;
  }

  /** Any string. */
  text(): string {
    if (typeof this.data !== "string") {
      throw this.fail("a string");
    }
    return this.data;
  }

  /** One of some strings. */
  among<Choice extends string>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.data);
    if (found === undefined) {
      throw this.fail(choices.map(shown).join(" or "));
    }
    return found;
  }

  /** True or false. */
  flag(): boolean {
    if (typeof this.data !== "boolean") {
      throw this.fail("true or false");
    }
    return this.data;
  }

  /** An array of anything, at most `most` of it. */
  array(most = Infinity): JsonReader[] {
    if (!Array.isArray(this.data)) {
      throw this.fail("an array");
    }
    this.requireAtMost(most, this.data.length);
    return this.data.map((entry) => new JsonReader(this.where, entry));
  }

  private requireAtMost(most: number, count: number): void {
    if (count > most) {
      throw new InputError(`${this.where} must be at most ${most} entries. Received: ${count}.`);
    }
  }
}

/** The entries of an object by their keys. */
class Fields {
  constructor(
    private readonly where: string,
    private readonly entries: Readonly<Record<string, unknown>>,
  ) {}

  /** An entry that must be there. */
  required(key: string): JsonReader {
    if (!Object.hasOwn(this.entries, key)) {
      const keys = Object.keys(this.entries).sort();
      throw new InputError(`${this.where} must have ${shown(key)}. Received: ${shown(keys)}.`);
    }
    return new JsonReader(`${this.where}.${key}`, this.entries[key]);
  }

  /** What `read` makes of an entry, or undefined where it is not there or null. */
  optional<Value>(key: string, read: (entry: JsonReader) => Value): Value | undefined {
    const there = Object.hasOwn(this.entries, key) && this.entries[key] !== null;
    return there ? read(this.required(key)) : undefined;
  }
}
