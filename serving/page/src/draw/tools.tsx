/** What a picture is drawn with: tools, width, colours; and the steps back and forth. */

import type { JSX } from "preact";

import { text } from "../text";
import type { Drawing, Stroke, Tool } from "./drawing";

interface Props {
  readonly drawing: Drawing;
  readonly stroke: Stroke;
  readonly tools: readonly Tool[];
  readonly disabled?: boolean;
  set(stroke: Stroke): void;
}

export function Tools({ drawing, stroke, tools, disabled = false, set }: Props): JSX.Element {
  const most = Math.max(4, Math.round(Math.max(drawing.canvas.width, drawing.canvas.height) / 5));
  return (
    <div class="tools">
      <fieldset class="segments" disabled={disabled}>
        <legend class="hidden">{text.draw.tools}</legend>
        {tools.map((tool) => (
          <label key={tool}>
            <input
              type="radio"
              name="tool"
              value={tool}
              checked={tool === stroke.tool}
              onChange={() => set({ ...stroke, tool })}
            />
            <span>{text.draw.tool[tool]}</span>
          </label>
        ))}
      </fieldset>
      <label class="inline width">
        <span>{text.draw.width}</span>
        <input
          type="range"
          min={1}
          max={most}
          step={most > 12 ? 1 : 0.25}
          value={stroke.size}
          disabled={disabled || stroke.tool === "fill" || stroke.tool === "rectangle"}
          onInput={({ currentTarget }) => set({ ...stroke, size: currentTarget.valueAsNumber })}
        />
      </label>
      <div class="steps" role="group" aria-label={text.draw.steps}>
        <button type="button" disabled={disabled || !drawing.canUndo} onClick={() => drawing.undo()}>
          {text.draw.undo}
        </button>
        <button type="button" disabled={disabled || !drawing.canRedo} onClick={() => drawing.redo()}>
          {text.draw.redo}
        </button>
        <button type="button" disabled={disabled} onClick={() => drawing.clear()}>
          {text.draw.clear}
        </button>
      </div>
    </div>
  );
}
