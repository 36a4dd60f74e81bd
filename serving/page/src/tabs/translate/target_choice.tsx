/** What pictures are translated to: the other domain, in either direction, or one of the classes. */

import type { JSX } from "preact";

import type { Opened } from "../../network/calls";
import { text } from "../../text";
import { sourceOf } from "./kinds";

interface Props {
  readonly bundle: Opened;
  readonly chosen: string;
  choose(to: string): void;
}

export function TargetChoice({ bundle, chosen, choose }: Props): JSX.Element {
  const { translatesTo, tellsClass } = bundle;
  return (
    <label class="field">
      <span>{tellsClass ? text.translate.target : text.translate.direction}</span>
      <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {(tellsClass ? translatesTo : [...translatesTo].reverse()).map((to) => (
          <option key={to} value={to}>
            {tellsClass ? to : wayOf(bundle, to)}
          </option>
        ))}
      </select>
    </label>
  );
}

function wayOf(bundle: Opened, to: string): string {
  const { domains } = bundle.manifest;
  const nameOf = (domain: string): string => domains.get(domain) ?? domain.toUpperCase();
  return text.translate.way(nameOf(sourceOf(bundle, to)), nameOf(to));
}
