import { useEffect, useRef, useState } from "preact/hooks";

import { useNotify } from "../ui/notices";
import { openWebcam, type Webcam } from "./webcam";

interface Use {
  /** While it is on. */
  readonly camera: Webcam | undefined;
  open(): void;
  close(): void;
}

/** The camera, which goes off with the component that asked for it, and while the page is not seen. */
export function useWebcam(): Use {
  const notify = useNotify();
  const [camera, set] = useState<Webcam>();
  const wanted = useRef(false);
  const close = (): void => {
    wanted.current = false;
    set(undefined);
  };
  const open = async (): Promise<void> => {
    wanted.current = true;
    const opened = await openWebcam();
    if (wanted.current) {
      set(opened);
    } else {
      opened.stop(); // it was left while its owner was asked
    }
  };
  useEffect(() => {
    const hidden = (): void => void (document.hidden && close());
    document.addEventListener("visibilitychange", hidden);
    return () => {
      wanted.current = false;
      document.removeEventListener("visibilitychange", hidden);
    };
  }, []);
  useEffect(() => () => camera?.stop(), [camera]);
  return { camera, open: () => void open().catch(notify), close };
}
