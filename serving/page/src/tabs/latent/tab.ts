import { text } from "../../text";
import type { Tab } from "../tab";

export const tab: Tab = {
  id: "latent",
  title: text.latent.title,
  place: 2,
  fits: ({ manifest }) => manifest.latent !== null && (manifest.networks.get("decoder")?.inputs.has("latent") ?? false),
  view: async () => (await import("./view")).Latent,
};
