// Questions to our own origin, each with a deadline. An answer that is no success is an ApiError with words for people.

const ANSWER_MS_MAX = 10_000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(ANSWER_MS_MAX);
  let answer: Response;
  try {
    answer = await fetch(path, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (answer.ok) return answer;
  const text = await answer.text().catch(() => "");
  throw new ApiError(answer.status, detailOf(text) ?? `The server answered ${answer.status}.`);
}

function detailOf(text: string): string | undefined {
  try {
    const detail: unknown = JSON.parse(text).detail;
    return typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, signal)).json() as Promise<T>;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await ask(path, signal)).text();
}

/** "/api/v1/audit?task_id=a&limit=5"; what is empty is left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

export const seg = encodeURIComponent;
