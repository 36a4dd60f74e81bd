/** How far two pictures are apart. */

import type { Bytes } from "../../network/calls";

export interface Distance {
  /** Mean of the absolute differences, in grey levels. */
  readonly absolute: number;
  /** Peak signal-to-noise ratio in decibels; infinite for equal pictures. */
  readonly psnr: number;
}

export function distance({ data: one }: Bytes, { data: other }: Bytes): Distance {
  let absolute = 0;
  let squared = 0;
  one.forEach((level, place) => {
    const difference = level - other[place]!;
    absolute += Math.abs(difference);
    squared += difference * difference;
  });
  return { absolute: absolute / one.length, psnr: 10 * Math.log10((255 * 255 * one.length) / squared) };
}
