// A chart of the last minutes: lines over time, with axes, drawn as SVG and told in words.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 50;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 20;
const MINUTE_MS = 60_000;

/** An axis from 0 to a round number over the highest value; at least `least`. */
export function linear(least) {
  return {
    ticks(highest) {
      const aim = Math.max(highest * 1.08, least);
      const power = 10 ** Math.floor(Math.log10(aim / 3));
      const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((size) => aim / size <= 4);
      const ticks = [];
      for (let tick = 0; tick < aim + step * 0.999; tick += step) ticks.push(tick);
      return ticks;
    },
    place: (value, ticks) => value / ticks[ticks.length - 1],
  };
}

const TIMES = [[0, ""], [10, "10 ms"], [100, "100 ms"], [1_000, "1 s"], [10_000, "10 s"], [60_000, "1 min"], [600_000, "10 min"], [3.6e6, "1 h"], [3.6e7, "10 h"], [3.6e8, "100 h"]];

/** For times that span from a millisecond to days: each tick is some ten times the one before. */
export function logTime(leastMs) {
  const scale = (value) => Math.log10(1 + value / TIMES[1][0]);
  const name = new Map(TIMES);
  return {
    ticks(highest) {
      const last = TIMES.findIndex(([tick]) => tick >= Math.max(highest, leastMs));
      return TIMES.slice(0, last < 0 ? TIMES.length : last + 1).map(([tick]) => tick);
    },
    place: (value, ticks) => Math.min(1, scale(value) / scale(ticks[ticks.length - 1])),
    format: (tick) => name.get(tick),
  };
}

export class Chart {
  #figure;
  #options;
  #samples = [];
  #svg;
  #keys = [];
  #pointer = null;

  /**
   * @param figure the element to fill
   * @param options title, spanMs (at most; at first a minute), axis, format, series: [{ name, tone, area }], limit: { value, name }
   */
  constructor(figure, options) {
    this.#figure = figure;
    this.#options = options;
    const caption = figure.appendChild(document.createElement("figcaption"));
    caption.appendChild(document.createElement("h2")).textContent = options.title;
    for (const { name, tone } of options.series) {
      const key = caption.appendChild(document.createElement("span"));
      key.className = "key";
      key.appendChild(document.createElement("i")).className = `tone-${tone}`;
      key.append(name);
      this.#keys.push(key.appendChild(document.createElement("b")));
    }
    this.#svg = figure.appendChild(document.createElementNS(SVG, "svg"));
    this.#svg.setAttribute("role", "img");
    this.#svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    this.#svg.addEventListener("pointerleave", () => this.#point(null));
    new ResizeObserver(() => this.#draw()).observe(this.#svg);
  }

  /** One value for each series at `atMs`; null for none, which interrupts its line. */
  add(atMs, values) {
    this.#samples.push({ atMs, values });
    while (this.#samples.length > 0 && this.#samples[0].atMs < atMs - this.#options.spanMs - 5_000) this.#samples.shift();
    this.#draw();
  }

  #point(x) {
    this.#pointer = x;
    this.#draw();
  }

  #draw() {
    const width = this.#svg.clientWidth;
    const height = this.#svg.clientHeight;
    if (width === 0 || height === 0) return;
    const { series, axis, format, spanMs: spanMsMax, limit, title } = this.#options;
    const samples = this.#samples;
    const nowMs = samples.length === 0 ? Date.now() : samples[samples.length - 1].atMs;
    const spanMs = Math.min(spanMsMax, Math.max(MINUTE_MS, samples.length === 0 ? 0 : nowMs - samples[0].atMs));
    const highest = Math.max(0, ...samples.flatMap((sample) => sample.values.map((value) => value ?? 0)));
    const ticks = axis.ticks(highest);
    const x = (atMs) => LEFT + (1 - (nowMs - atMs) / spanMs) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - axis.place(value, ticks) * (height - TOP - BOTTOM);
    const parts = [];
    for (const tick of ticks) {
      parts.push(shape("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }));
      parts.push(text((axis.format ?? format)(tick).replace(/(\.\d*[1-9])0+(?=\D|$)|\.0+(?=\D|$)/, "$1"), { class: "axis", x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }));
    }
    const stepMs = spanMs < 1.5 * MINUTE_MS ? MINUTE_MS / 4 : spanMs < 2.5 * MINUTE_MS ? MINUTE_MS / 2 : MINUTE_MS;
    for (let agoMs = 0; agoMs <= spanMs; agoMs += stepMs) {
      const name = agoMs === 0 ? "now" : stepMs === MINUTE_MS ? `−${agoMs / MINUTE_MS} min` : `−${agoMs / 1000} s`;
      parts.push(text(name, { class: "axis", x: x(nowMs - agoMs), y: height - 5, "text-anchor": agoMs === 0 ? "end" : "middle" }));
    }
    if (limit && limit.value <= ticks[ticks.length - 1]) {
      parts.push(shape("line", { class: "limit", x1: LEFT, x2: width - RIGHT, y1: y(limit.value), y2: y(limit.value) }));
      parts.push(text(limit.name, { class: "limit-name", x: LEFT + 6, y: y(limit.value) - 4 }));
    }
    const left = nowMs - spanMs;
    series.forEach(({ tone, area }, i) => {
      for (const run of runs(samples, i, left)) {
        const points = run.map((sample) => `${x(sample.atMs).toFixed(1)},${y(sample.values[i]).toFixed(1)}`);
        const path = `M${points.join("L")}`;
        if (area) {
          const close = `L${x(run[run.length - 1].atMs).toFixed(1)},${y(0)}L${x(run[0].atMs).toFixed(1)},${y(0)}Z`;
          parts.push(shape("path", { class: `area tone-${tone}`, d: path + close }));
        }
        parts.push(shape("path", { class: `line tone-${tone}`, d: path }));
      }
    });
    const shown = this.#shown(x);
    if (this.#pointer !== null && shown) {
      const at = x(shown.atMs);
      parts.push(shape("line", { class: "cross", x1: at, x2: at, y1: TOP, y2: height - BOTTOM }));
    }
    this.#svg.replaceChildren(...parts);
    this.#keys.forEach((key, i) => {
      key.textContent = shown ? format(shown.values[i]) : "–";
    });
    const spoken = shown ? series.map(({ name }, i) => `${name} ${format(shown.values[i])}`).join(", ") : "nothing yet";
    this.#svg.setAttribute("aria-label", `${title}: ${spoken}`);
  }

  /** The sample under the pointer, or the last one. */
  #shown(x) {
    if (this.#pointer === null) return this.#samples[this.#samples.length - 1];
    let best;
    for (const sample of this.#samples) {
      if (!best || Math.abs(x(sample.atMs) - this.#pointer) < Math.abs(x(best.atMs) - this.#pointer)) best = sample;
    }
    return best;
  }
}

/** The samples of series `i` after `left`, cut where one has no value. */
function runs(samples, i, left) {
  const all = [];
  let run = [];
  for (const sample of samples) {
    if (sample.values[i] == null || sample.atMs < left) {
      if (run.length > 0) all.push(run);
      run = [];
    } else {
      run.push(sample);
    }
  }
  if (run.length > 0) all.push(run);
  return all;
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function text(content, attributes) {
  const element = shape("text", attributes);
  element.textContent = content;
  return element;
}
