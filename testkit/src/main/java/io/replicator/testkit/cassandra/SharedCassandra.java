package io.replicator.testkit.cassandra;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a parameter of type {@link CassandraServer}: one server for all test classes of the
 * JVM, started with the first that asks, stopped after the last test. Whoever kills it starts it
 * again; tests keep apart by keyspaces of their own.
 */
public final class SharedCassandra implements ParameterResolver {
  /** Stops the server when JUnit closes its root store. */
  private record Running(CassandraServer server) implements AutoCloseable {
    @Override
    public void close() {
      server.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == CassandraServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(SharedCassandra.class))
        .computeIfAbsent(Running.class, type -> new Running(CassandraServer.start()), Running.class)
        .server();
  }
}
