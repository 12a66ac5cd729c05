package io.replicator.testkit.cassandra;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the jars of a Cassandra server are, as the build of {@code cassandra-server} found them.
 */
final class ServerClassPath {
  private static final Path FILE = Path.of("testkit/cassandra-server/target/classpath.txt");

  private ServerClassPath() {}

  /** As for {@code java -cp}. */
  static String read() throws IOException {
    for (Path root = Path.of("").toAbsolutePath(); root != null; root = root.getParent()) {
      Path file = root.resolve(FILE);
      if (Files.exists(file)) {
        return Files.readString(file).strip();
      }
    }
    throw new IOException(
        "no "
            + FILE
            + " in or above "
            + Path.of("").toAbsolutePath()
            + ": run mvn generate-resources -pl testkit/cassandra-server first");
  }
}
