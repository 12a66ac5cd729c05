// Numbers as people read them. Everything returns text; a dash stands for what is not known.

const NONE = "–";
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** With thousands apart: 1,234,567. */
export function count(number) {
  return number == null ? NONE : WHOLE.format(number);
}

/** Three digits that matter: 1.23 M. */
export function short(number) {
  if (number == null) return NONE;
  return scaled(number, ["", " k", " M", " G", " T"]);
}

/** Decimal units: 1.23 MB. */
export function bytes(number) {
  if (number == null) return NONE;
  return scaled(number, [" B", " kB", " MB", " GB", " TB", " PB"]);
}

function scaled(number, units) {
  let value = number;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? (value < 10 && !Number.isInteger(value) ? 1 : 0) : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toFixed(digits) + units[unit];
}

/** 420 ms, 12.3 s, 4 min 05 s, 3 h 12 min or 5 d 3 h. */
export function time(ms) {
  if (ms == null) return NONE;
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** How many times smaller: 4.2×. */
export function ratio(before, after) {
  return before > 0 && after > 0 ? `${(before / after).toFixed(1)}×` : NONE;
}

/** A time of day, to the second. */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}
