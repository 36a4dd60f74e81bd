/** Pictures as a film: GIF, or WebM where the browser records one. */

import { applyPalette, GIFEncoder, quantize } from "gifenc";

const RATE = 15;
/** Small pictures are enlarged to about this side, pixel by pixel. */
const SIDE = 256;
const COLOURS = 256;

export async function gif(frames: readonly ImageData[]): Promise<Blob> {
  const encoder = GIFEncoder();
  for (const frame of frames.map(enlarged)) {
    const { data, width, height } = frame.getContext("2d")!.getImageData(0, 0, frame.width, frame.height);
    const palette = quantize(data, COLOURS);
    encoder.writeFrame(applyPalette(data, palette), width, height, { palette, delay: 1000 / RATE });
    await new Promise((resolve) => setTimeout(resolve)); // the page stays awake between two pictures
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}

export async function webm(frames: readonly ImageData[]): Promise<Blob> {
  const canvases = frames.map(enlarged);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [canvases[0]!.width, canvases[0]!.height];
  const context = canvas.getContext("2d")!;
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: "video/webm", videoBitsPerSecond: 4e6 });
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  for (const one of canvases) {
    context.drawImage(one, 0, 0);
    await new Promise((resolve) => setTimeout(resolve, 1000 / RATE));
  }
  recorder.stop();
  await stopped;
  return new Blob(pieces, { type: "video/webm" });
}

function enlarged(frame: ImageData): HTMLCanvasElement {
  const zoom = Math.max(1, Math.round(SIDE / Math.max(frame.width, frame.height)));
  const small = new OffscreenCanvas(frame.width, frame.height);
  small.getContext("2d")!.putImageData(frame, 0, 0);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [zoom * frame.width, zoom * frame.height];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  return canvas;
}
