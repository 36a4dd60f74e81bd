/** Typed reading of JSON that someone else wrote. */

import { InputError, shown } from "./errors.js";

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

  /** An object of any keys, each read by `read`. */
  mapOf<Value>(read: (entry: JsonReader) => Value): ReadonlyMap<string, Value> {
    const entries = Object.entries(this.object());
    return new Map(entries.map(([key, data]) => [key, read(new JsonReader(`${this.where}.${key}`, data))]));
  }

  /** An object whose keys are looked at one by one. */
  anyFields(): Fields {
    return new Fields(this.where, this.object());
  }

  /** An object with all `required` keys and no others but `optional` ones. */
  fields(required: readonly string[], optional: readonly string[] = []): Fields {
    const fields = this.anyFields();
    const keys = Object.keys(this.object());
    required.forEach((key) => fields.required(key));
    const unknown = keys.filter((key) => !required.includes(key) && !optional.includes(key)).sort();
    if (unknown.length > 0) {
      throw new InputError(`${this.where} has an unknown entry. Received: ${shown(unknown[0])}.`);
    }
    return fields;
  }

  /** A whole number of at least `least`. */
  integer(least: number): number {
    if (!Number.isSafeInteger(this.data) || (this.data as number) < least) {
      throw this.fail(`an integer of at least ${least}`);
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

  /** An array of anything. */
  array(): JsonReader[] {
    if (!Array.isArray(this.data)) {
      throw this.fail("an array");
    }
    return this.data.map((entry) => new JsonReader(this.where, entry));
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
