/** One server-sent event. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * Cuts the text of an event stream into events (HTML, 9.2.6), whatever pieces it comes in. Not EventSource, because that
 * cannot show a token. Comments and ids are passed over.
 */
export class EventStreamParser {
  private rest = "";
  private name = "";
  private data: string[] = [];

  parse(text: string, onEvent: (event: StreamEvent) => void): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() as string;
    for (const line of lines) this.onLine(line, onEvent);
  }

  private onLine(line: string, onEvent: (event: StreamEvent) => void): void {
    if (line === "") {
      if (this.data.length > 0) onEvent({ name: this.name || "message", data: this.data.join("\n") });
      this.name = "";
      this.data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "data") this.data.push(value);
    else if (field === "event") this.name = value;
  }
}
