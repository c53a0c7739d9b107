import { errorFor, GoneError, InvalidRequestError, type Problem, UnexpectedAnswerError } from "./errors.js";
import { parseExactly } from "./exact_json.js";
import type { components } from "./openapi.js";
import { Attempts, MAY_SUCCEED_LATER } from "./retry.js";
import type { Transport } from "./transport.js";

const BATCH_EVENTS = 100;
const BATCH_BYTES = 2560 * 1024;
const FRAME_BYTES = '{"events":[]}'.length;

export type Event = components["schemas"]["EventOut"];
export type Draft = components["schemas"]["BatchIn"]["events"][number];

/** Stored, `replayed` if it was stored before under the same key; or refused, and why. */
export type BatchResult = { event: Event; replayed: boolean } | { problem: Problem };

interface Told {
  status: number;
  event?: Event | null;
  replayed?: boolean | null;
  retry_after?: number | null;
  error?: { error?: string; message?: string; details?: Problem["details"] } | null;
}

/** Post events; what may succeed later is sent again, what is refused is told. */
export async function postAll(transport: Transport, drafts: readonly Draft[]): Promise<BatchResult[]> {
  const texts = drafts.map((draft) =>
    JSON.stringify({ ...draft, idempotency_key: draft.idempotency_key ?? crypto.randomUUID() }),
  );
  const results: BatchResult[] = [];
  for (const batch of batchesOf(texts)) results.push(...(await sendBatch(transport, batch)));
  return results;
}

function* batchesOf(texts: readonly string[]): Generator<string[]> {
  const encoder = new TextEncoder();
  let batch: string[] = [];
  let bytes = FRAME_BYTES;
  for (const text of texts) {
    const size = encoder.encode(text).length + 1;
    if (batch.length === BATCH_EVENTS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = FRAME_BYTES;
    }
    batch.push(text);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function sendBatch(transport: Transport, texts: readonly string[]): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  const attempts = new Attempts(transport.retry);
  let left = texts.map((_, index) => index);
  while (left.length > 0) {
    const answers = await ask(transport, left.map((index) => texts[index] ?? ""));
    const failed: { index: number; problem: Problem }[] = [];
    left.forEach((index, position) => {
      const answer = answers[position];
      if (answer === undefined) return;
      if ("problem" in answer && MAY_SUCCEED_LATER.has(answer.problem.status)) {
        failed.push({ index, problem: answer.problem });
      } else {
        results[index] = answer;
      }
    });
    left = failed.map(({ index }) => index);
    const [first] = failed;
    const askedFor = Math.max(0, ...failed.map(({ problem }) => problem.retryAfterSeconds ?? 0));
    if (first !== undefined && !(await attempts.wait(askedFor))) throw errorFor(first.problem);
  }
  return results;
}

/** A result for each. If the body is refused as a whole, its halves are sent. */
async function ask(transport: Transport, texts: readonly string[]): Promise<BatchResult[]> {
  try {
    const body = `{"events":[${texts.join(",")}]}`;
    const answer = await transport.send({ method: "post", path: "/events/batch", body, repeatable: true });
    const told = (parseExactly(answer.text) as { results?: Told[] }).results ?? [];
    if (told.length !== texts.length) {
      throw new UnexpectedAnswerError("The answer has not a result for each event of the batch.");
    }
    return told.map(resultOf);
  } catch (refused) {
    if (!(refused instanceof InvalidRequestError || refused instanceof GoneError)) throw refused;
    if (texts.length === 1) return [{ problem: refused }];
    const half = Math.floor(texts.length / 2);
    return [...(await ask(transport, texts.slice(0, half))), ...(await ask(transport, texts.slice(half)))];
  }
}

function resultOf(told: Told): BatchResult {
  if (told.status === 201 && told.event) return { event: told.event, replayed: told.replayed === true };
  return {
    problem: {
      status: told.status,
      code: told.error?.error ?? null,
      message: told.error?.message ?? `It was answered ${told.status}.`,
      details: told.error?.details ?? [],
      requestId: null,
      retryAfterSeconds: told.retry_after ?? null,
    },
  };
}
