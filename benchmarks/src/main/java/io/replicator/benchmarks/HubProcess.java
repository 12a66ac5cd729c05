package io.replicator.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.benchmarks.child.ChildProcess;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.util.List;

/** A {@link HubServer}, as its parent sees it. Confined to one thread. */
final class HubProcess implements AutoCloseable {
  /** The heap that the targets are set for. */
  static final String HEAP = "-Xmx3g";

  private final ChildProcess process;
  private final int tcpPort;
  private final int httpPort;

  private HubProcess(ChildProcess process) throws IOException {
    this.process = process;
    JsonNode ports = process.call(JsonNode.class, "ports");
    tcpPort = ports.get("tcp").intValue();
    httpPort = ports.get("http").intValue();
  }

  /** A hub that has stored {@code keys} keys of database 0. */
  static HubProcess of(RedisProcess source, long keys) throws IOException {
    ChildProcess process =
        ChildProcess.start(
            HubServer.class,
            JvmOptions.with(HEAP, "-XX:+UseG1GC"),
            List.of(Integer.toString(source.port()), Long.toString(keys)));
    try {
      return new HubProcess(process);
    } catch (IOException e) {
      process.close();
      throw e;
    }
  }

  ChildProcess process() {
    return process;
  }

  int tcpPort() {
    return tcpPort;
  }

  int httpPort() {
    return httpPort;
  }

  @Override
  public void close() {
    process.close();
  }
}
