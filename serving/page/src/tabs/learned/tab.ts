import { text } from "../../text";
import type { Tab } from "../tab";
import { hasFilm } from "./film";

export const tab: Tab = {
  id: "learned",
  title: text.learned.title,
  place: 5,
  fits: (bundle) => hasFilm(bundle.entries),
  view: async () => (await import("./view")).Learned,
};
