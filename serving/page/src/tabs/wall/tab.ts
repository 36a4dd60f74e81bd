import { text } from "../../text";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "wall",
  title: text.wall.title,
  place: 1,
  fits: ({ manifest }) => manifest.networks.has("noise") && manifest.networks.has("decoder"),
  view: async () => (await import("./view")).Wall,
};
