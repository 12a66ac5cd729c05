package io.replicator.app.faults;

import io.replicator.actors.hub.EmbeddedDatabases;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.Overrides;
import io.replicator.app.hub.RunningHub;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/**
 * A program: a hub without a source that writes into a database of its own until it is killed. Each
 * write is a line of its output before it is sent, {@code sent KEY NUMBER}, and one when it has
 * been answered, {@code done KEY NUMBER}; number 0 for a deletion. Arguments: port, directory of
 * the store, number of the first write, seed.
 *
 * <p>Every key holds the number of its write, odd keys as a string, even ones as each field of a
 * hash: one with two numbers was never written.
 */
final class EmbeddedWrites {
  static final String DATABASE = "quotes";
  static final int KEYS = 500;
  private static final int WAITING_MAX = 200;

  private EmbeddedWrites() {}

  public static void main(String[] args) throws InterruptedException {
    Overrides overrides =
        new Overrides()
            .set("replicator.hub.embedded", "test", DATABASE)
            .set("replicator.hub.listen", "test", "127.0.0.1:" + args[0])
            .set("replicator.hub.http", "test", "off")
            .set("replicator.hub.data", "test", args[1]);
    Configuration configuration = Configuration.load(overrides, null);
    try (RunningHub hub =
        RunningHub.start(configuration.whole(), HubConfiguration.read(configuration))) {
      write(hub.hub().embedded(), Long.parseLong(args[2]), new Random(Long.parseLong(args[3])));
    }
  }

  private static void write(EmbeddedDatabases databases, long first, Random random)
      throws InterruptedException {
    PrintStream out = System.out;
    Semaphore slots = new Semaphore(WAITING_MAX);
    for (long number = first; ; number++) {
      slots.acquire();
      int key = random.nextInt(KEYS);
      boolean deletes = random.nextInt(10) == 0;
      String write = "k" + key + " " + (deletes ? -number : number);
      say(out, "sent " + write);
      CompletionStage<Outcome> answer =
          deletes
              ? databases.delete(DATABASE, Bytes.utf8("k" + key), EmbeddedDatabases.ANY)
              : databases.put(DATABASE, entry(key, number), EmbeddedDatabases.ANY);
      answer.whenComplete(
          (outcome, error) -> {
            slots.release();
            say(out, outcome instanceof Outcome.Written ? "done " + write : "failed " + error);
          });
    }
  }

  private static void say(PrintStream out, String line) {
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }

  static Entry entry(int key, long number) {
    Bytes name = Bytes.utf8("k" + key);
    Bytes value = Bytes.utf8(String.valueOf(number));
    if (key % 2 == 1) {
      return new Entry(name, DataType.STRING, value, Map.of(), 0);
    }
    Map<Bytes, Bytes> fields = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      fields.put(Bytes.utf8("f" + i), value);
    }
    return new Entry(name, DataType.HASH, Bytes.EMPTY, fields, 0);
  }
}
