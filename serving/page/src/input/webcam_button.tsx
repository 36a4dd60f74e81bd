/** A look through the camera, of which one frame is taken. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { text } from "../text";
import { useWebcam } from "./use_webcam";

export function WebcamButton({ given }: { given(frame: HTMLCanvasElement): void }): JSX.Element {
  const { camera, open, close } = useWebcam();
  const dialog = useRef<HTMLDialogElement>(null);
  const view = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (camera !== undefined) {
      view.current?.replaceChildren(camera.video);
      dialog.current?.showModal();
    }
  }, [camera]);
  const take = (): void => {
    if (camera !== undefined) {
      given(frameOf(camera.video));
      close();
    }
  };
  return (
    <>
      <button type="button" onClick={open}>
        {text.input.camera.open}
      </button>
      {camera && (
        <dialog ref={dialog} class="camera" aria-label={text.input.camera.open} onClose={close}>
          <div ref={view} />
          <div class="row">
            <button type="button" class="primary" autofocus onClick={take}>
              {text.input.camera.take}
            </button>
            <button type="button" onClick={close}>
              {text.common.close}
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}

/** What a video shows now. */
function frameOf(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas;
}
