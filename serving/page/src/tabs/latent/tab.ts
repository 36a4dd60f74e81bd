import { text } from "../../text";
import { isPoints } from "../points";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "latent",
  title: text.latent.title,
  place: 2,
  fits: (bundle) =>
    !isPoints(bundle) &&
    bundle.manifest.latent !== null &&
    (bundle.manifest.networks.get("decoder")?.inputs.has("latent") ?? false),
  view: async () => (await import("./view")).Latent,
};
