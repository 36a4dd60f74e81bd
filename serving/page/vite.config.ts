import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { defineConfig, type Plugin } from "vite";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const RUNTIME = join(MODULES, "onnxruntime-web", "dist");
const { version: VERSION } = JSON.parse(readFileSync(join(RUNTIME, "..", "package.json"), "utf8")) as {
  version: string;
};
/** What a browser fetches where it computes with WebAssembly, and with WebGPU. */
const RUNTIME_FILES = [
  "ort.wasm.bundle.min.mjs",
  "ort-wasm-simd-threaded.wasm",
  "ort.webgpu.bundle.min.mjs",
  "ort-wasm-simd-threaded.asyncify.wasm",
];
const SHIPPED = ["onnxruntime-web", "onnxruntime-common", "preact", "gifenc", "@fontsource-variable/inter"];

/** ONNX Runtime's files as they are: the threads of WebAssembly start from their own address. */
function runtime(): Plugin {
  return {
    name: "runtime",
    generateBundle() {
      for (const file of RUNTIME_FILES) {
        this.emitFile({
          type: "asset",
          fileName: `runtime/${VERSION}/${file}`,
          source: readFileSync(join(RUNTIME, file)),
        });
      }
    },
  };
}

/** The licences of what is shipped beside the page's own code. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const texts = SHIPPED.map((name) => {
        const folder = join(MODULES, name);
        const facts = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
        const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
        const text = file === undefined ? `Licence: ${facts["license"]}` : readFileSync(join(folder, file), "utf8");
        return `${name} ${facts["version"]}\n\n${text.trim()}\n`;
      });
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(72)}\n\n`) });
    },
  };
}

/** Tells the service worker which files the page consists of. WebGPU's are kept where they are used. */
function shellFiles(): Plugin {
  return {
    name: "shell-files",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle)
        .filter((name) => !/webgpu|asyncify|service_worker|licences/.test(name))
        .sort();
      const version = createHash("sha256");
      for (const name of files) {
        const file = bundle[name];
        version.update(name).update(file?.type === "chunk" ? file.code : (file?.source ?? ""));
      }
      const worker = bundle["service_worker.js"];
      if (worker?.type === "chunk") {
        worker.code = worker.code
          .replace("__FILES__", JSON.stringify(files))
          .replace("__VERSION__", JSON.stringify(version.digest("hex").slice(0, 16)));
      }
    },
  };
}

export default defineConfig({
  root: HERE,
  base: "./",
  define: { __RUNTIME__: JSON.stringify(`runtime/${VERSION}`) },
  plugins: [runtime(), licences(), shellFiles()],
  resolve: { alias: { "keras-gen": join(HERE, "../js/src/web.ts") } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es", rolldownOptions: { external: /^onnxruntime-web/ } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      external: /^onnxruntime-web/,
      input: { index: join(HERE, "index.html"), service_worker: join(HERE, "src/service_worker.ts") },
      output: {
        entryFileNames: ({ name }) => (name === "service_worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
