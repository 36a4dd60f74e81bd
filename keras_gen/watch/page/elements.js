/** Elements of the page, made without HTML in strings: names of runs and figures are text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element.
 *
 * @param name of the element.
 * @param given attributes by name; functions are listeners, `false` and `undefined` leave an attribute out.
 * @param children elements and text.
 */
export function h(name, given = {}, ...children) {
  return filled(document.createElement(name), given, children);
}

/** An SVG element, as `h`. */
export function svg(name, given = {}, ...children) {
  return filled(document.createElementNS(SVG, name), given, children);
}

function filled(element, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat());
  return element;
}

/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Writes text where it is another one, so that nothing is read aloud twice. */
export function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** The class of the colour of a run, by its place in the list. */
export const colour = (index) => `run-${index % 8}`;
