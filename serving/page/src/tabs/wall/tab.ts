import { text } from "../../text";
import { isPoints } from "../points";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "wall",
  title: text.wall.title,
  place: 1,
  fits: (bundle) =>
    !isPoints(bundle) && bundle.manifest.networks.has("noise") && bundle.manifest.networks.has("decoder"),
  view: async () => (await import("./view")).Wall,
};
