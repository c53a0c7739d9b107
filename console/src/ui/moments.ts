/** Moments in words, in the reader's own zone. */

import { apiNow } from "../clock";

const HOUR = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

export function hourName(beginsAt: string): string {
  return inWords(HOUR, beginsAt, beginsAt);
}

/** A day that the API tells, which is one of UTC. */
export function dayName(date: string): string {
  return inWords(DAY, `${date}T00:00:00Z`, date);
}

/** A moment in a format's words; one that cannot be read, as it was told. */
function inWords(format: Intl.DateTimeFormat, moment: string, told: string): string {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? told : format.format(at);
}

const MINUTE = 60;
const HOURS = 60 * MINUTE;
const DAYS = 24 * HOURS;

/** A span in its largest unit that says enough: `47 min`, `26 h`, `3 days`. */
export function spanOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOURS) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 2 * DAYS) return `${Math.floor(whole / HOURS)} h`;
  return `${Math.floor(whole / DAYS)} days`;
}

export function secondsSince(moment: string, now: number = apiNow()): number {
  return (now - Date.parse(moment)) / 1000;
}
