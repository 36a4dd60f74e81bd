/** Latents in addresses: float32, little-endian, in base64 of URLs. */

export function encodeLatent(latent: Float32Array): string {
  const bytes = new Uint8Array(Float32Array.from(latent).buffer);
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The latent that a text stands for, or nothing where it is none of that size. */
export function decodeLatent(given: string | null, size: number): Float32Array | undefined {
  try {
    const letters = atob((given ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const latent = new Float32Array(bytes.buffer);
    return latent.length === size && latent.every(Number.isFinite) ? latent : undefined;
  } catch {
    return undefined; // no base64, or no whole numbers
  }
}
