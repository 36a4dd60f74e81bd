/** A colour for each class, apart from each other for eyes that see some colours alike; after ten they repeat. */

const COLOURS = [
  "#56b4e9",
  "#e69f00",
  "#2fc48d",
  "#f0e442",
  "#ff7a45",
  "#d6a2ff",
  "#ff9ec7",
  "#b7d84b",
  "#7fa7ff",
  "#e8e8e8",
] as const;

export function colourOf(label: number | undefined): string {
  return label === undefined ? COLOURS[0] : (COLOURS[label % COLOURS.length] ?? COLOURS[0]);
}
