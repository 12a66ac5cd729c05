import { ConnectionError, ProtocolError, RefusedError, type ReplicatorError, ResetError, UnauthorizedError } from "../errors.js";

/** What went wrong as RFC 9457 tells it. */
interface Problem {
  title?: string;
  detail?: string;
}

const DETAIL_CHARS_MAX = 500;

/** Requests to one hub. */
export class HubRequests {
  constructor(
    readonly url: URL,
    private readonly token: string | undefined,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /**
   * @return an answer with a status that says it went well
   * @throws ConnectionError where there is none, or one that passes; otherwise what the hub says is wrong. ResetError where
   *     the cursor is no good any more.
   */
  async get(path: string, accept: string, signal: AbortSignal): Promise<Response> {
    const url = new URL(path, this.url);
    let response: Response;
    try {
      response = await this.fetch(url, {
        headers: { Accept: accept, ...(this.token !== undefined && { Authorization: `Bearer ${this.token}` }) },
        cache: "no-store",
        credentials: "same-origin",
        signal,
      });
    } catch (cause) {
      throw new ConnectionError(`no answer from ${url.host}: ${messageOf(cause)}`, { cause });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** With the cause: what fetch itself says is mostly "fetch failed". */
export function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message;
}

async function errorOf(response: Response): Promise<ReplicatorError> {
  const text = await response.text().catch(() => "");
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Something between says no in its own words.
  }
  const said = problem.detail ?? problem.title ?? text;
  const detail = `${response.status}: ${said.slice(0, DETAIL_CHARS_MAX) || response.statusText}`;
  switch (response.status) {
    case 400:
      return new RefusedError("MALFORMED", detail);
    case 401:
    case 403:
      return new UnauthorizedError(detail);
    case 404:
      return problem.detail === undefined ? new ProtocolError(detail) : new RefusedError("UNKNOWN_DATABASE", detail);
    case 410:
      return new ResetError(detail);
    default:
      return response.status >= 500 || response.status === 429 || response.status === 408
        ? new ConnectionError(detail)
        : new ProtocolError(detail);
  }
}
