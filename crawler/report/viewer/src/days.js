// Days are YYYY-MM-DD and nothing else: no time zone of the reader may move them.

const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const FULL = format({ day: "numeric", month: "short", year: "numeric" });
const BRIEF = format({ day: "numeric", month: "short" });
const MONTH = format({ month: "short", year: "numeric" });

export const DAY_MS = 86_400_000;
export const ms = (day) => Date.parse(`${day}T00:00:00Z`);
export const dayOf = (time) => new Date(time).toISOString().slice(0, 10);
export const full = (day) => FULL.format(ms(day));
export const brief = (day) => BRIEF.format(ms(day));
export const month = (day) => MONTH.format(ms(day));

/** A stretch of time as words, each year said once. */
export function span(first, last) {
  if (!first) return "no dates";
  if (first === last) return full(first);
  return first.slice(0, 4) === last.slice(0, 4) ? `${brief(first)} – ${full(last)}` : `${full(first)} – ${full(last)}`;
}

/** A silence as words: "5 weeks". */
export function silence(days) {
  if (days < 60) return `${Math.round(days / 7)} weeks`;
  if (days < 700) return `${Math.round(days / 30.4)} months`;
  return `${Math.round(days / 365.25)} years`;
}
