/** What the first bytes of a picture's file say, so that a picture that is too large is never decoded. */

export interface Header {
  readonly kind: "png" | "jpeg" | "gif" | "webp" | "bmp";
  readonly width: number;
  readonly height: number;
}

/** Bytes of a file in which its size must stand: cameras put previews before it. */
export const HEADER_BYTES = 2 ** 20;

/** The kind and size of a picture; nothing where the bytes are of no kind that is known here. */
export function pictureHeader(bytes: Uint8Array): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return png(view) ?? gif(view) ?? bmp(view) ?? webp(view) ?? jpeg(view);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined; // it ends before its size
    }
    throw error;
  }
}

function word(view: DataView, start: number, length: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + start, length));
}

function png(view: DataView): Header | undefined {
  return word(view, 1, 3) === "PNG" && word(view, 12, 4) === "IHDR"
    ? { kind: "png", width: view.getUint32(16), height: view.getUint32(20) }
    : undefined;
}

function gif(view: DataView): Header | undefined {
  return word(view, 0, 4) === "GIF8"
    ? { kind: "gif", width: view.getUint16(6, true), height: view.getUint16(8, true) }
    : undefined;
}

function bmp(view: DataView): Header | undefined {
  return word(view, 0, 2) === "BM"
    ? { kind: "bmp", width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) }
    : undefined;
}

function webp(view: DataView): Header | undefined {
  if (word(view, 0, 4) !== "RIFF" || word(view, 8, 4) !== "WEBP") {
    return undefined;
  }
  switch (word(view, 12, 4)) {
    case "VP8X": {
      const side = (at: number): number => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
      return { kind: "webp", width: side(24), height: side(27) };
    }
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { kind: "webp", width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
    }
    default:
      return { kind: "webp", width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
}

/** The segments of a JPEG up to the one with its size. */
function jpeg(view: DataView): Header | undefined {
  if (view.getUint16(0) !== 0xffd8) {
    return undefined;
  }
  for (let at = 2; ;) {
    const marker = view.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) {
      return { kind: "jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    if (marker < 0xff00) {
      return undefined;
    }
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
}
