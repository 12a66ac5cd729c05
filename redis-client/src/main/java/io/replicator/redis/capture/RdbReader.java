package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.IOException;
import java.io.StreamCorruptedException;

/**
 * Reads a snapshot, and not one byte more. Keys of databases that nobody wants are passed over
 * without being built.
 */
final class RdbReader {
  /** Receives the keys of a snapshot, database by database. */
  interface Visitor extends KeyVisitor {
    /**
     * The keys that follow are of this database.
     *
     * @return whether they are wanted
     */
    boolean database(long number);

    /** The commands that follow the snapshot begin in this database. */
    void streamDatabase(int number);
  }

  private static final Bytes STREAM_DATABASE = Bytes.utf8("repl-stream-db");
  private static final KeyVisitor IGNORING =
      new KeyVisitor() {
        @Override
        public void single(Bytes key, DataType type, Bytes value, long expiresAtMs) {}

        @Override
        public void beginCollection(Bytes key, DataType type, long expiresAtMs) {}

        @Override
        public void field(Bytes field, Bytes value) {}

        @Override
        public void endCollection() {}

        @Override
        public void withheld(Bytes key, DataType type, long bytes) {}

        @Override
        public void unsupported(String kind, Bytes key) {}
      };

  private final ByteReader in;
  private final Visitor visitor;
  private final RdbValues wanted;
  private final RdbValues unwanted;

  RdbReader(ByteReader in, long valueBytesMax, Visitor visitor) {
    this.in = in;
    this.visitor = visitor;
    this.wanted = new RdbValues(in, valueBytesMax, visitor);
    // With a limit that every string is over, strings are skipped rather than read.
    this.unwanted = new RdbValues(in, -1, IGNORING);
  }

  void read() throws IOException {
    Bytes header = in.read(9);
    if (!header.startsWith(Bytes.utf8("REDIS"))) {
      throw new StreamCorruptedException("a snapshot that begins with " + header);
    }
    int version;
    try {
      version = Integer.parseInt(header.slice(5, 9).asUtf8());
    } catch (NumberFormatException e) {
      throw new StreamCorruptedException("a snapshot that begins with " + header);
    }
    if (version < 1 || version > RdbValues.VERSION_MAX) {
      throw new IOException(
          "the snapshot is of format "
              + version
              + ", known are 1 to "
              + RdbValues.VERSION_MAX
              + " (Redis up to 7.4): use an older source server or a newer replicator");
    }
    RdbValues values = visitor.database(0) ? wanted : unwanted;
    long expiresAtMs = 0;
    while (true) {
      int opcode = in.read();
      switch (opcode) {
        case 0xff -> {
          if (version >= 5) {
            in.skip(8);
          }
          return;
        }
        case 0xfe -> values = visitor.database(values.length()) ? wanted : unwanted;
        case 0xfd -> expiresAtMs = 1000L * (int) values.littleEndian(4);
        case 0xfc -> expiresAtMs = values.littleEndian(8);
        case 0xfb -> {
          values.length();
          values.length();
        }
        case 0xfa -> auxiliary(values.anyString(), values.anyString());
        case 0xf9 -> in.read();
        case 0xf8 -> values.length();
        case 0xf7 -> {
          values.length();
          values.length();
          values.length();
          values.skipModuleValue();
          visitor.unsupported("auxiliary data of modules", Bytes.EMPTY);
        }
        case 0xf5 -> {
          values.skipString();
          visitor.unsupported("functions", Bytes.EMPTY);
        }
        case 0xf4 -> {
          values.length();
          values.length();
          values.length();
        }
        default -> {
          Bytes key = values.anyString();
          values.read(opcode, key, expiresAtMs, version);
          expiresAtMs = 0;
        }
      }
    }
  }

  private void auxiliary(Bytes name, Bytes value) throws IOException {
    if (name.equals(STREAM_DATABASE)) {
      try {
        visitor.streamDatabase(Integer.parseInt(value.asUtf8()));
      } catch (NumberFormatException e) {
        throw new StreamCorruptedException(name + " of " + value);
      }
    }
  }
}
