import { takesPictures } from "../../input/fit";
import { text } from "../../text";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "translate",
  title: text.translate.title,
  place: 4,
  fits: ({ translatesTo, manifest }) => translatesTo.length > 0 && takesPictures(manifest.image),
  view: async () => (await import("./view")).Translate,
};
