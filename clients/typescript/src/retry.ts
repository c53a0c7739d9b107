/** Statuses, of a request or of one item in it, that a repetition may cure. */
export const MAY_SUCCEED_LATER: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** How often and how long a request is tried again. */
export interface Retry {
  /** How long a request may be tried in all. */
  budgetSeconds: number;
  firstSeconds: number;
  longestSeconds: number;
  /** Seconds on a clock that only goes forward. */
  clock: () => number;
  pause: (seconds: number, signal?: AbortSignal) => Promise<void>;
  /** Draws from [0, 1). */
  chance: () => number;
}

/** Waits that double, spread at random so that many clients do not come back at once. */
export const DEFAULT_RETRY: Retry = {
  budgetSeconds: 30,
  firstSeconds: 0.5,
  longestSeconds: 30,
  clock: () => Date.now() / 1000, // goes on while the machine sleeps, as performance.now() may not
  pause: wait,
  chance: Math.random,
};

/** How long to wait after this attempt, counted from 0; never less than was asked for. */
export function waitSeconds(retry: Retry, attempt: number, askedFor: number | null): number {
  const backoff = Math.min(retry.longestSeconds, retry.firstSeconds * 2 ** Math.min(attempt, 16));
  const jittered = backoff * (0.5 + retry.chance() / 2);
  return askedFor === null ? jittered : askedFor + jittered / 4;
}

/** One request's tries. */
export class Attempts {
  private readonly begunAt: number;
  private number = 0;

  constructor(
    private readonly retry: Retry,
    private readonly signal?: AbortSignal,
  ) {
    this.begunAt = retry.clock();
  }

  /** Wait for the next try; false if there is to be none. */
  async wait(askedFor: number | null = null): Promise<boolean> {
    const seconds = waitSeconds(this.retry, this.number++, askedFor);
    if (this.spent() + seconds > this.retry.budgetSeconds) return false;
    await this.retry.pause(seconds, this.signal);
    return this.spent() <= this.retry.budgetSeconds; // the machine may have slept much longer
  }

  private spent(): number {
    return this.retry.clock() - this.begunAt;
  }
}

function wait(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
