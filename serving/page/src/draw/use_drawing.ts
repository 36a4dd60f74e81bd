import { useEffect, useReducer, useState } from "preact/hooks";

import type { Drawing } from "./drawing";

/** A drawing that its component is rendered with at every change. */
export function useDrawing(make: () => Drawing): Drawing {
  const [drawing] = useState(make);
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => drawing.listen(() => render(undefined as never)), [drawing]);
  return drawing;
}
