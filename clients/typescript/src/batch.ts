import { ApiError, errorFor, membersOf, type Problem, UnexpectedAnswerError, wordsOf } from "./errors.js";
import type { components } from "./openapi.js";
import { Attempts, MAY_SUCCEED_LATER } from "./retry.js";
import { read, type Transport } from "./transport.js";

const BATCH_EVENTS = 100;
const BATCH_BYTES = 2560 * 1024;
/** What one event can make of the whole body; any other refusal concerns all of them. */
const AN_EVENTS_FAULT: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);
const FRAME_BYTES = '{"events":[]}'.length;

export type Event = components["schemas"]["EventOut"];
export type Draft = components["schemas"]["BatchIn"]["events"][number];

/** Stored, `replayed` if it was stored before under the same key; or refused, and why. */
export type BatchResult = { event: Event; replayed: boolean } | { problem: Problem };

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
    const told = membersOf(read(answer))["results"];
    if (!Array.isArray(told) || told.length !== texts.length) {
      throw new UnexpectedAnswerError("The answer has not a result for each event of the batch.");
    }
    return told.map(resultOf);
  } catch (refused) {
    if (!(refused instanceof ApiError && AN_EVENTS_FAULT.has(refused.status))) throw refused;
    if (texts.length === 1) return [{ problem: refused }];
    const half = Math.floor(texts.length / 2);
    return [...(await ask(transport, texts.slice(0, half))), ...(await ask(transport, texts.slice(half)))];
  }
}

function resultOf(result: unknown): BatchResult {
  const told = membersOf(result);
  const { status, event, retry_after: retryAfter } = told;
  const isStored = typeof status === "number" && status >= 200 && status < 300;
  if (isStored && typeof event === "object" && event !== null) {
    return { event: event as Event, replayed: told["replayed"] === true };
  }
  if (isStored || typeof status !== "number") {
    throw new UnexpectedAnswerError("The answer does not tell what became of an event of the batch.");
  }
  return {
    problem: {
      status,
      ...wordsOf(told["error"], `It was answered ${status}.`),
      requestId: null,
      retryAfterSeconds: typeof retryAfter === "number" ? retryAfter : null,
    },
  };
}
