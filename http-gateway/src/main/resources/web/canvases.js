// What is drawn rather than written: the map of the cities, and the thousand seats of the visitors.

const PULSE_MS = 1_400;
// As often as the eye needs for something that fades; the rest of the time belongs to the data.
const FRAME_MS = 40;
const LATITUDES = [-58, 80];

/** A canvas in the colours of the page, sharp on any screen, that draws when something has changed. */
class Drawing {
  #frame = 0;
  #drawnAtMs = 0;
  colours = null;
  width = 0;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    new ResizeObserver(() => this.#resize()).observe(canvas);
    const redraw = () => this.#redraw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Size or colours are new: what was drawn for the old ones is of no use. */
  renewed() {}

  /** Draws with the next frame. */
  ask() {
    this.#frame ||= requestAnimationFrame((nowMs) => {
      this.#frame = 0;
      if (this.width === 0) return;
      if (nowMs - this.#drawnAtMs < FRAME_MS) {
        this.ask();
        return;
      }
      this.#drawnAtMs = nowMs;
      this.colours ??= colours();
      if (this.draw(nowMs)) this.ask();
    });
  }

  #redraw() {
    this.colours = null;
    this.renewed();
    this.ask();
  }

  #resize() {
    const ratio = devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#redraw();
  }
}

/** The page's colours now. Through an element, because a custom property by itself is only text. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const probe = document.body.appendChild(document.createElement("i"));
  const entries = ["--soft", "--hair", "--accent", "--accent-3"].map((name) => {
    probe.style.color = style.getPropertyValue(name);
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries);
}

/** Cities as dots, each of which lights up when its keys change. */
export class CityMap extends Drawing {
  #places = new Map();
  #pulses = new Map();
  #ground = null;

  get size() {
    return this.#places.size;
  }

  place(id, longitude, latitude) {
    if (this.#places.has(id)) return;
    this.#places.set(id, { longitude, latitude });
    this.#ground = null;
    this.ask();
  }

  /** @param kind `live` for what changes often, `city` for the rest */
  pulse(id, kind) {
    this.#pulses.set(id, { kind, atMs: performance.now() });
    this.ask();
  }

  renewed() {
    this.#ground = null;
  }

  draw(nowMs) {
    const { context, width, height } = this;
    context.clearRect(0, 0, width, height);
    context.drawImage(this.#drawnGround(), 0, 0, width, height);
    for (const [id, { kind, atMs }] of this.#pulses) {
      const place = this.#places.get(id);
      const age = (nowMs - atMs) / PULSE_MS;
      if (age >= 1) this.#pulses.delete(id);
      if (!place || age >= 1) continue;
      const [x, y] = this.#at(place);
      const left = 1 - Math.max(0, age);
      context.fillStyle = this.colours[kind === "live" ? "--accent-3" : "--accent"];
      context.globalAlpha = 0.35 * left;
      context.beginPath();
      context.arc(x, y, 2 + 7 * (1 - left), 0, 7);
      context.fill();
      context.globalAlpha = Math.min(1, 0.25 + left);
      context.beginPath();
      context.arc(x, y, 1.9, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    return this.#pulses.size > 0;
  }

  #at({ longitude, latitude }) {
    return [((longitude + 180) / 360) * this.width, ((LATITUDES[1] - latitude) / (LATITUDES[1] - LATITUDES[0])) * this.height];
  }

  /** The dots of all cities, drawn once for many frames. */
  #drawnGround() {
    if (this.#ground) return this.#ground;
    const ratio = devicePixelRatio || 1;
    const ground = document.createElement("canvas");
    ground.width = this.canvas.width;
    ground.height = this.canvas.height;
    const context = ground.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = this.colours["--soft"];
    context.globalAlpha = 0.5;
    for (const place of this.#places.values()) {
      const [x, y] = this.#at(place);
      context.fillRect(x - 0.7, y - 0.7, 1.4, 1.4);
    }
    this.#ground = ground;
    return ground;
  }
}

/** A seat for each visitor: taken while its key is there. */
export class Seats extends Drawing {
  #seats;
  taken = 0;

  constructor(canvas, number) {
    super(canvas);
    this.#seats = new Uint8Array(number);
  }

  set(seat, taken) {
    if (!(seat >= 0 && seat < this.#seats.length)) return;
    this.taken += Number(taken) - this.#seats[seat];
    this.#seats[seat] = Number(taken);
    this.ask();
  }

  draw() {
    const { context, width, height } = this;
    const columns = Math.round(Math.sqrt((this.#seats.length * width) / height));
    const size = Math.min(width / columns, height / Math.ceil(this.#seats.length / columns));
    context.clearRect(0, 0, width, height);
    this.#seats.forEach((taken, seat) => {
      context.fillStyle = this.colours[taken ? "--accent" : "--hair"];
      context.fillRect((seat % columns) * size + 1, Math.floor(seat / columns) * size + 1, size - 2, size - 2);
    });
    return false;
  }
}
