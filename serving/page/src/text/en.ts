/** English. Each part of the page has an entry of its own. */

export const en = {
  shell: {
    title: "keras-gen",
    tagline: "Generative models, in this browser. Nothing leaves your machine.",
    models: "Models",
    allModels: "All models",
    opening: "Opening the model…",
    skip: "Skip to the pictures",
    theme: { label: "Colours", auto: "Automatic", light: "Light", dark: "Dark" },
    processor: { label: "Computed by", wasm: "WebAssembly", webgpu: "WebGPU" },
    threads: (count: number): string => (count === 1 ? "1 thread" : `${count} threads`),
    tabs: "What to do with the model",
    size: (bytes: number): string =>
      bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`,
    pictures: (height: number, width: number, channels: number): string =>
      `${width} × ${height}${channels === 1 ? ", grey" : channels === 3 ? ", colour" : `, ${channels} channels`}`,
    classes: (count: number): string => (count === 1 ? "1 class" : `${count} classes`),
    latent: (size: number): string => `${size} latent ${size === 1 ? "dimension" : "dimensions"}`,
    dismiss: "Close this message",
    offline: "You are offline. The page goes on with what it has kept.",
    openFolder: "Open a bundle from this machine",
    licences: "Licences",
  },
  empty: {
    title: "No model yet",
    what: "This page shows models that keras-gen trained and exported. Put one beside it:",
    or: "Or open the folder of a bundle from this machine. Its files stay here.",
    nothing: "This bundle holds no network that the page can use.",
    networks: (names: string): string => `It has: ${names}.`,
  },
  errors: {
    title: "That did not work",
    noWebAssembly:
      "This browser has no WebAssembly, which the networks need. Use a current Chrome, Edge, Firefox or Safari.",
    insecure: "The page must come over https, or from this machine, so that the browser lets it check files.",
    memory: "There was too little memory for that. Close other tabs, or use a smaller picture, and try again.",
    device: "The graphics device went away. The page goes on with WebAssembly.",
    noBundle: (name: string): string => `There is no model called “${name}” here.`,
    parity: (difference: number): string =>
      `WebGPU gave other pictures on this device (${difference} grey levels apart). The page stays with WebAssembly.`,
    noWebgpu: (why: string): string => `WebGPU did not work on this device: ${why} The page stays with WebAssembly.`,
    retry: "Try again",
  },
  common: {
    class: "Class",
    eachClass: "One after the other",
    seed: "Seed",
    truncation: "Truncation",
    truncationOff: "off",
    copy: "Copy",
    copied: "Copied",
    save: "Save PNG",
    close: "Close",
    picture: (index: number): string => `Picture ${index + 1}`,
  },
  wall: {
    title: "Wall",
    another: "Another one",
    saveAll: "Save the wall",
    more: "More pictures",
    before: "Before",
    next: "Next",
    copyLink: "Copy link",
    explore: "Look around it",
    same: "The same picture in a program",
    language: "Language of the program",
    described: (name: string, seed: string, index: number): string =>
      `Picture ${index + 1} that ${name} draws of seed ${seed}`,
  },
};
