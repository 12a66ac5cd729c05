import { text } from "./text.js";

/**
 * One text for each value, the same in a page, in Node.js and from Redis' own answer, so that equal values have
 * equal texts and no others do. What has no order in Redis is sorted.
 */
export function canonical(type, value) {
  return `${type} ${JSON.stringify(ordered(type, value))}`;
}

function ordered(type, value) {
  switch (type) {
    case "string":
    case "opaque":
      return text(value);
    case "list":
      return value.map(text);
    case "hash":
      return Object.entries(value)
        .map(([field, content]) => [field, text(content)])
        .sort(byFirst);
    case "set":
      return value.map((member) => [text(member)]).sort(byFirst);
    case "zset":
      return value.map(([member, score]) => [text(member), scoreText(score)]).sort(byFirst);
    case "stream":
      return value.map(([id, fields]) => [id, fields.map(text)]);
    default:
      throw new Error(`no type of Redis: ${type}`);
  }
}

function scoreText(score) {
  const number = typeof score === "number" ? score : Number(text(score).replace(/inf$/, "Infinity"));
  return String(number);
}

function byFirst([a], [b]) {
  return a < b ? -1 : a > b ? 1 : 0;
}
