/** The camera, as a video that is asked for frames. */

import { text } from "../text";

export interface Webcam {
  readonly video: HTMLVideoElement;
  /** Turns the camera off. */
  stop(): void;
}

/** @throws Error a sentence: the browser gives no camera, nobody allowed it, none is there, or it is in use. */
export async function openWebcam(): Promise<Webcam> {
  const devices = navigator.mediaDevices as MediaDevices | undefined; // not there in pages that came by http
  if (devices === undefined) {
    throw new Error(text.input.camera.insecure);
  }
  const stream = await devices.getUserMedia({ video: { facingMode: "environment" } }).catch((error: unknown) => {
    const name = error instanceof DOMException ? error.name : "";
    const { refused, none, busy } = text.input.camera;
    throw new Error({ NotAllowedError: refused, NotFoundError: none }[name] ?? busy);
  });
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  const stop = (): void => stream.getTracks().forEach((track) => track.stop());
  try {
    await video.play();
  } catch {
    stop();
    throw new Error(text.input.camera.busy);
  }
  return { video, stop };
}
