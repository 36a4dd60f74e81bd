import { takesPictures } from "../../input/fit";
import { text } from "../../text";
import { isPoints } from "../points";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "encode",
  title: text.encode.title,
  place: 3,
  fits: (bundle) => {
    const { image, networks } = bundle.manifest;
    const taken = ["encoder", "classifier"].some((name) => networks.get(name)?.inputs.has("image"));
    return !isPoints(bundle) && taken && takesPictures(image);
  },
  view: async () => (await import("./view")).Encode,
};
