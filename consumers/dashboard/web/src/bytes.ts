// Bytes of records, for people.

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes as text where they are some, made readable when they are JSON; else as hexadecimal. */
export function shownBytes(base64: string | null): string {
  if (base64 === null) return "(null)";
  const bytes = fromBase64(base64);
  try {
    const text = decoder.decode(bytes);
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  } catch {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
}
