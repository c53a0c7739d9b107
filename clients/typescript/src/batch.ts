import { ApiError, errorFor, membersOf, type Problem, TriggersError, UnexpectedAnswerError, wordsOf } from "./errors.js";
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

/**
 * How far `postEvents` came before its error.
 *
 * `drafts` are all that it was given, each with its key: posting them again within 24 hours
 * doubles nothing. `results` are what became of them, null where nobody knows.
 */
export interface Unfinished {
  drafts: Draft[];
  results: (BatchResult | null)[];
}

/** Post events; what may succeed later is sent again, what is refused is told. */
export async function postAll(transport: Transport, given: readonly Draft[]): Promise<BatchResult[]> {
  const drafts = given.map((draft) => ({ ...draft, idempotency_key: draft.idempotency_key ?? crypto.randomUUID() }));
  const texts = drafts.map((draft) => JSON.stringify(draft));
  const results: BatchResult[] = [];
  try {
    for (const places of batchesOf(texts)) await sendSome(transport, texts, places, results);
  } catch (error) {
    if (error instanceof TriggersError) {
      error.unfinished = { drafts, results: drafts.map((_, place) => results[place] ?? null) };
    }
    throw error;
  }
  return results;
}

/** The places of those that make one request. */
function* batchesOf(texts: readonly string[]): Generator<number[]> {
  const encoder = new TextEncoder();
  let batch: number[] = [];
  let bytes = FRAME_BYTES;
  for (const [place, text] of texts.entries()) {
    const size = encoder.encode(text).length + 1;
    if (batch.length === BATCH_EVENTS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = FRAME_BYTES;
    }
    batch.push(place);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Post those at these places, and put what became of each into `results` once it is known. */
async function sendSome(
  transport: Transport,
  texts: readonly string[],
  places: readonly number[],
  results: BatchResult[],
): Promise<void> {
  const attempts = new Attempts(transport.retry);
  let left = places;
  while (left.length > 0) {
    const failed = await ask(transport, texts, left, results);
    left = [...failed.keys()];
    const problems = [...failed.values()];
    const [first] = problems;
    const askedFor = Math.max(0, ...problems.map((problem) => problem.retryAfterSeconds ?? 0));
    if (first !== undefined && !(await attempts.wait(askedFor))) throw errorFor(first);
  }
}

/**
 * The problems that a repetition may cure; all else is in `results`. If the body is refused as a
 * whole, its halves are sent.
 */
async function ask(
  transport: Transport,
  texts: readonly string[],
  places: readonly number[],
  results: BatchResult[],
): Promise<Map<number, Problem>> {
  let told: unknown;
  try {
    const body = `{"events":[${places.map((place) => texts[place] ?? "").join(",")}]}`;
    const answer = await transport.send({ method: "post", path: "/events/batch", body, repeatable: true });
    told = membersOf(read(answer))["results"];
  } catch (refused) {
    if (!(refused instanceof ApiError && AN_EVENTS_FAULT.has(refused.status))) throw refused;
    const [first] = places;
    if (places.length === 1 && first !== undefined) {
      results[first] = { problem: refused };
      return new Map();
    }
    const half = Math.floor(places.length / 2);
    const failed = await ask(transport, texts, places.slice(0, half), results);
    return new Map([...failed, ...(await ask(transport, texts, places.slice(half), results))]);
  }
  if (!Array.isArray(told) || told.length !== places.length) {
    throw new UnexpectedAnswerError("The answer has not a result for each event of the batch.");
  }
  const failed = new Map<number, Problem>();
  for (const [index, place] of places.entries()) {
    const result = resultOf(told[index]);
    if ("problem" in result && MAY_SUCCEED_LATER.has(result.problem.status)) failed.set(place, result.problem);
    else results[place] = result;
  }
  return failed;
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
