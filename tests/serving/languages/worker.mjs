// Runs the programs that tests send over HTTP, in Node and in a page alike, and sends back what they return.
import * as kerasGen from "keras-gen";

const AsyncFunction = (async () => {}).constructor;
const ARRAYS = { uint8: Uint8Array, float32: Float32Array };

/** Asks `server` for one program after the other until one says that it was the last. */
export async function work(server) {
  for (;;) {
    const response = await fetch(`${server}/job`);
    if (response.status === 204) continue;
    const { header, content } = unframed(await response.arrayBuffer());
    if (header.code === null) return;
    const body = framed(...(await answer(header, content)));
    await fetch(`${server}/answer/${header.number}`, { method: "POST", body });
  }
}

async function answer({ code, array, values }, content) {
  const inside = (name) => import(`./node_modules/keras-gen/dist/${name}.js`);
  const given = { ...kerasGen, inside, ...values };
  if (array !== null) {
    const [n, height, width, channels] = array.shape;
    given.images = {
      data: new ARRAYS[array.dtype](content),
      n,
      height,
      width,
      channels,
    };
  }
  try {
    const returned = await new AsyncFunction(...Object.keys(given), code)(
      ...Object.values(given),
    );
    return described(returned);
  } catch (error) {
    return [
      {
        error: {
          name: error.name,
          message: error.message,
          stack: String(error.stack),
        },
      },
      new Uint8Array(),
    ];
  }
}

/** What can be sent: pictures and rows as arrays with a shape, the rest as JSON. */
function described(returned) {
  const data = returned?.data;
  if (!(
    data instanceof Uint8Array ||
    data instanceof Uint8ClampedArray ||
    data instanceof Float32Array
  )) {
    return [{ value: returned ?? null }, new Uint8Array()];
  }
  const dtype = data instanceof Float32Array ? "float32" : "uint8";
  const { height, width, channels = 4, size } = returned;
  const shape = size === undefined ? [-1, height, width, channels] : [-1, size];
  return [
    { array: { dtype, shape } },
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ];
}

/** Length of the header, 4 bytes; the header, JSON; bytes. */
function framed(header, content) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const body = new Uint8Array(4 + text.length + content.length);
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, 4);
  body.set(content, 4 + text.length);
  return body;
}

function unframed(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 4, length)),
  );
  return { header, content: buffer.slice(4 + length) };
}

if (globalThis.process?.argv[2]) await work(process.argv[2]);
