const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as it is; bytes as their text or, where they are not UTF-8, in hex behind a mark. */
export function text(content) {
  if (typeof content === "string") return content;
  try {
    return decoder.decode(content);
  } catch {
    return `\u0000hex:${Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
}
