/** Programs that make one picture of a seed, in the languages that open bundles. */

export const LANGUAGES = ["Python", "C++", "JavaScript", "curl"] as const;

interface Wanted {
  readonly name: string;
  readonly index: number;
  readonly seed: string;
  readonly label: number | undefined;
  readonly className: string | undefined;
  readonly truncation: number | undefined;
}

export function program(language: (typeof LANGUAGES)[number], wanted: Wanted): string {
  return { Python: python, "C++": cpp, JavaScript: javascript, curl }[language](wanted);
}

function python({ name, index, seed, label, truncation }: Wanted): string {
  const options = [
    `seed=${seed}`,
    ...(label === undefined ? [] : [`labels=[${label}] * ${index + 1}`]),
    ...(truncation === undefined ? [] : [`truncation=${truncation}`]),
  ];
  return `from pathlib import Path

import serving
from serving.common.images import write_png

sampler = serving.load(${JSON.stringify(`bundles/${name}`)})
pictures = sampler.sample(${index + 1}, ${options.join(", ")})
write_png(Path("picture.png"), pictures[${index}])
`;
}

function cpp({ name, index, seed, label, truncation }: Wanted): string {
  const options = [
    ...(label === undefined ? [] : [`draw.labels = {${label}};`]),
    ...(truncation === undefined
      ? []
      : [`draw.truncation = ${Number.isInteger(truncation) ? `${truncation}.0` : truncation}f;`]),
  ].map((line) => `    ${line}\n`);
  return `#include <keras_gen/keras_gen.hpp>
#include <keras_gen/pictures.hpp>

int main() {
    const keras_gen::Sampler sampler(${JSON.stringify(`bundles/${name}`)});
    keras_gen::Draw draw;
${options.join("")}    const auto latent = sampler.latents(1, ${cppSeed(seed)}, ${index}, draw);
    keras_gen::write_png("picture.png", {sampler.decode(latent, draw.labels), {}});
}
`;
}

/** C++ has no literal for the lowest number of 64 bits. */
function cppSeed(seed: string): string {
  return seed === `${-(2n ** 63n)}` ? "INT64_MIN" : seed;
}

function javascript({ name, index, seed, label, truncation }: Wanted): string {
  const options = [
    `seed: ${seed}n`,
    ...(label === undefined ? [] : [`labels: Array(${index + 1}).fill(${label})`]),
    ...(truncation === undefined ? [] : [`truncation: ${truncation}`]),
  ];
  return `import { pictureAt, Sampler } from "keras-gen";

const sampler = await Sampler.open(${JSON.stringify(`bundles/${name}`)});
const pictures = await sampler.sample(${index + 1}, { ${options.join(", ")} });
const picture = pictureAt(pictures, ${index}); // data, height, width, channels
`;
}

function curl({ name, index, seed, className, truncation }: Wanted): string {
  const format = index === 0 ? "png" : "npy";
  const query = new URLSearchParams({
    n: `${index + 1}`,
    seed,
    ...(className !== undefined && { class: className }),
    ...(truncation !== undefined && { truncation: `${truncation}` }),
    format,
  });
  const file = index === 0 ? "picture.png" : "pictures.npy # (n, height, width, channels), of which the last is it";
  return `# keras-gen serve ${quoted(`bundles/${name}`)}
curl ${quoted(`http://127.0.0.1:8000/v1/${encodeURIComponent(name)}/sample?${query}`)} --output ${file}
`;
}

function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
