import type { Opened } from "../network/calls";

/** Whether what a bundle calls pictures are points of the plane. */
export function isPoints({ manifest: { image } }: Pick<Opened, "manifest">): boolean {
  return image.height === 1 && image.width === 1 && image.channels === 2;
}
