import { WireType } from "@bufbuild/protobuf/wire";
import { ProtocolError } from "../errors.js";
import { checkRepeated, ColumnReader, type Lengths, ValueColumn } from "./columns.js";
import { LIMITS } from "./limits.js";
import { eachField } from "./messages.js";

/**
 * The values of a Pieces message, put together as if they had come one after the other. Sizes are checked before
 * anything is allocated for them.
 */
export function joinPieces(message: Uint8Array): ValueColumn {
  let end = 0;
  let shapes: ColumnReader | undefined;
  const tags: Uint8Array[] = [];
  const rests: ColumnReader[] = [];
  eachField(message, "Pieces", (field, wireType, reader) => {
    switch ((field << 3) | wireType) {
      case (1 << 3) | WireType.Varint:
        end = reader.uint32();
        return true;
      case (2 << 3) | WireType.LengthDelimited: {
        const tag = reader.bytes();
        checkCount(tags.length);
        if (tag.length > LIMITS.tagBytes) {
          throw new ProtocolError(`tag of ${tag.length} bytes, at most ${LIMITS.tagBytes} are allowed`);
        }
        tags.push(tag);
        return true;
      }
      case (3 << 3) | WireType.LengthDelimited:
        if (shapes !== undefined) throw new ProtocolError("pieces of a batch have their shapes twice");
        shapes = columnOf("shapes", reader.bytes());
        return true;
      case (4 << 3) | WireType.LengthDelimited:
        checkCount(rests.length);
        rests.push(columnOf("rests", reader.bytes()));
        return true;
      default:
        return false;
    }
  });
  if (end > 0xff) throw new ProtocolError(`pieces of a batch end with ${end}`);
  if (shapes === undefined || tags.length !== rests.length) {
    throw new ProtocolError(`pieces of a batch have ${tags.length} tags, rests for ${rests.length}`);
  }
  return join(end, tags, shapes, rests);
}

function columnOf(name: string, bytes: Uint8Array): ColumnReader {
  return new ColumnReader(name, bytes, 0, bytes.length);
}

function checkCount(count: number): void {
  if (count === LIMITS.tags) throw new ProtocolError(`more tags than the ${LIMITS.tags} that are allowed`);
}

function join(end: number, tags: Uint8Array[], shapes: ColumnReader, rests: ColumnReader[]): ValueColumn {
  const { values, total } = measure(tags, shapes, rests);
  const lengths = new Uint32Array(values);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (let value = 0; value < values; value++) {
    const start = at;
    const count = shapes.nextLength();
    for (let i = 0; i < count; i++) {
      const number = shapes.nextLength();
      const tag = tags[number];
      const rest = rests[number];
      const length = rest.lengthTo(end);
      const joiner = i > 0 ? 1 : 0;
      // Exceeded only where an end is missing for some later piece.
      if (joiner + tag.length + length > total - at) throw rest.malformed("has no end for each of its pieces");
      if (joiner > 0) bytes[at++] = end;
      for (let j = 0; j < tag.length; j++) bytes[at++] = tag[j];
      const from = rest.take(length);
      for (let j = 0; j < length; j++) bytes[at++] = rest.bytes[from + j];
      rest.at++;
    }
    lengths[value] = at - start;
  }
  for (const rest of rests) rest.expectEnd(values);
  return new ValueColumn(new JoinedLengths(lengths), columnOf("pieces", bytes), values);
}

class JoinedLengths implements Lengths {
  private at = 0;

  constructor(private readonly lengths: Uint32Array) {}

  nextLength(): number {
    if (this.at === this.lengths.length) throw this.malformed("ends before the last record");
    return this.lengths[this.at++];
  }

  expectEnd(records: number): void {
    if (this.at !== this.lengths.length) {
      throw this.malformed(`has ${this.lengths.length} values, ${this.at} are of its ${records} records`);
    }
  }

  private malformed(contradiction: string): ProtocolError {
    return new ProtocolError("column pieces of a batch " + contradiction);
  }
}

function measure(
  tags: Uint8Array[],
  shapes: ColumnReader,
  rests: ColumnReader[],
): { values: number; total: number } {
  let repeated = 0;
  let values = 0;
  let pieces = 0;
  while (!shapes.exhausted) {
    const count = shapes.nextLength();
    if (count === 0) throw shapes.malformed("has a value of no pieces");
    values++;
    pieces += count;
    for (let i = 0; i < count; i++) {
      const tag = shapes.nextLength();
      if (tag >= tags.length) throw shapes.malformed(`has tag ${tag} of ${tags.length}`);
      repeated += tags[tag].length;
    }
  }
  shapes.rewind();
  checkRepeated(shapes.name, repeated);
  const rest = rests.reduce((sum, column) => sum + column.length, 0);
  // Every piece has a byte for its end among the rests, every value one less in itself.
  if (rest < pieces) throw shapes.malformed(`has ${pieces} pieces, their rests ${rest} bytes`);
  return { values, total: rest - values + repeated };
}
