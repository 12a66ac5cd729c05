package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.config.ProgrammaticDriverConfigLoaderBuilder;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.metadata.Node;
import com.datastax.oss.driver.api.core.metadata.NodeState;
import com.datastax.oss.driver.internal.core.loadbalancing.DcInferringLoadBalancingPolicy;
import io.replicator.cassandra.settings.CassandraTarget;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a cluster: the driver's session, and the gate that bounds what is asked at once.
 * The driver reconnects to its nodes by itself. Every failure comes as a {@link
 * CassandraFailedException}. Thread-safe; stages complete on the driver's threads.
 */
public final class CassandraLink {
  private final CassandraTarget target;
  private final CqlSession session;
  private final RequestGate gate;

  private CassandraLink(
      CassandraTarget target, CqlSession session, ScheduledExecutorService timer) {
    this.target = target;
    this.session = session;
    this.gate =
        new RequestGate(
            session::executeAsync,
            (work, pauseMs) -> timer.schedule(work, pauseMs, TimeUnit.MILLISECONDS),
            System::nanoTime);
  }

  /**
   * Connects to at least one node of the right data centre.
   *
   * @param timer of the caller; outlives the link
   */
  public static CompletionStage<CassandraLink> connect(
      CassandraTarget target, ScheduledExecutorService timer) {
    CompletionStage<CqlSession> building;
    try {
      building = builder(target).buildAsync();
    } catch (RuntimeException e) {
      building = CompletableFuture.failedFuture(e);
    }
    CompletionStage<CqlSession> built =
        building.exceptionallyCompose(
            e -> CompletableFuture.failedFuture(Explanations.ofConnecting(target, cause(e))));
    return explained(
        target,
        built.thenCompose(
            session -> {
              String wrong = wrongDataCenter(target, session);
              return wrong == null
                  ? CompletableFuture.completedFuture(new CassandraLink(target, session, timer))
                  : session
                      .closeAsync()
                      .thenCompose(
                          closed ->
                              CompletableFuture.failedFuture(new CassandraFailedException(wrong)));
            }));
  }

  private static CqlSessionBuilder builder(CassandraTarget target) {
    ProgrammaticDriverConfigLoaderBuilder config =
        // The driver's threads, on which we may be, have no class loader of their own.
        DriverConfigLoader.programmaticBuilder(CassandraLink.class.getClassLoader())
            .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, target.requestTimeout())
            .withString(DefaultDriverOption.REQUEST_CONSISTENCY, target.consistency().name())
            .withString(DefaultDriverOption.REQUEST_SERIAL_CONSISTENCY, serial(target))
            .withBoolean(DefaultDriverOption.REQUEST_DEFAULT_IDEMPOTENCE, true)
            .withDuration(DefaultDriverOption.CONNECTION_CONNECT_TIMEOUT, Duration.ofSeconds(5))
            .withDuration(DefaultDriverOption.CONTROL_CONNECTION_TIMEOUT, Duration.ofSeconds(5))
            .withDuration(DefaultDriverOption.HEARTBEAT_INTERVAL, Duration.ofSeconds(5))
            .withDuration(DefaultDriverOption.HEARTBEAT_TIMEOUT, Duration.ofSeconds(5))
            .withDuration(DefaultDriverOption.RECONNECTION_BASE_DELAY, Duration.ofMillis(200))
            .withDuration(DefaultDriverOption.RECONNECTION_MAX_DELAY, Duration.ofSeconds(5))
            // Of seconds, unless told otherwise: nobody sends any more when a session is closed.
            .withInt(DefaultDriverOption.NETTY_IO_SHUTDOWN_QUIET_PERIOD, 100)
            .withInt(DefaultDriverOption.NETTY_IO_SHUTDOWN_TIMEOUT, 5_000)
            .withString(DefaultDriverOption.NETTY_IO_SHUTDOWN_UNIT, "MILLISECONDS")
            // Not 0: closing submits a task to the admin executor, then listens to its end
            // (RunOrSchedule.on); where the executor has ended by then, netty logs an error.
            .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_QUIET_PERIOD, 250)
            .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_TIMEOUT, 5_000)
            .withString(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_UNIT, "MILLISECONDS")
            // Each of our tables would otherwise take a second to create.
            .withDuration(DefaultDriverOption.METADATA_SCHEMA_WINDOW, Duration.ofMillis(20))
            .withStringList(
                DefaultDriverOption.METADATA_SCHEMA_REFRESHED_KEYSPACES,
                java.util.List.of(target.keyspace()));
    if (target.dataCenter().isEmpty()) {
      config.withClass(
          DefaultDriverOption.LOAD_BALANCING_POLICY_CLASS, DcInferringLoadBalancingPolicy.class);
    } else {
      config.withString(DefaultDriverOption.LOAD_BALANCING_LOCAL_DATACENTER, target.dataCenter());
    }
    CqlSessionBuilder builder =
        CqlSession.builder()
            .withClassLoader(CassandraLink.class.getClassLoader())
            .withApplicationName("replicator")
            .withConfigLoader(config.build());
    target
        .contactPoints()
        .forEach(
            point ->
                builder.addContactPoint(
                    new java.net.InetSocketAddress(point.getHostString(), point.getPort())));
    if (!target.username().isEmpty()) {
      builder.withAuthCredentials(target.username(), target.password());
    }
    if (target.tls() != null) {
      builder.withSslEngineFactory(new TlsEngines(TlsContext.of(target.tls())));
    }
    return builder;
  }

  private static String serial(CassandraTarget target) {
    return switch (target.consistency()) {
      case QUORUM, EACH_QUORUM, ALL, ONE -> "SERIAL";
      case LOCAL_QUORUM, LOCAL_ONE -> "LOCAL_SERIAL";
    };
  }

  /** In words, null where the configured one exists. */
  private static String wrongDataCenter(CassandraTarget target, CqlSession session) {
    Set<String> found = new TreeSet<>();
    for (Node node : session.getMetadata().getNodes().values()) {
      if (node.getDatacenter() != null) {
        found.add(node.getDatacenter());
      }
    }
    return target.dataCenter().isEmpty() || found.contains(target.dataCenter())
        ? null
        : target + " has no data centre " + target.dataCenter() + "; ?dc= may be " + found;
  }

  public CassandraTarget target() {
    return target;
  }

  /** Requests that stand or fall together. */
  public RequestGroup group() {
    return new RequestGroup(gate);
  }

  /** One request for itself. */
  public CompletionStage<AsyncResultSet> send(Statement<?> statement) {
    RequestGroup group = group();
    CompletionStage<AsyncResultSet> answer = group.send(statement);
    return explained(target, group.done().thenCompose(done -> answer));
  }

  public CompletionStage<AsyncResultSet> send(String cql) {
    return send(SimpleStatement.newInstance(cql));
  }

  /**
   * A change of the schema: takes its time, and is sent once.
   *
   * @param cql idempotent, IF NOT EXISTS
   */
  public CompletionStage<AsyncResultSet> define(String cql) {
    return explained(
        target,
        session.executeAsync(SimpleStatement.newInstance(cql).setTimeout(Duration.ofSeconds(30))));
  }

  public CompletionStage<PreparedStatement> prepare(String cql) {
    return explained(target, session.prepareAsync(SimpleStatement.newInstance(cql)));
  }

  /** How many nodes the cluster has, in whatever state. */
  public int nodes() {
    return session.getMetadata().getNodes().size();
  }

  /** How many nodes are connected. */
  public int nodesUp() {
    return (int)
        session.getMetadata().getNodes().values().stream()
            .filter(node -> node.getState() == NodeState.UP)
            .count();
  }

  public LinkTally tally() {
    return gate.tally();
  }

  public boolean isClosed() {
    return session.isClosed();
  }

  /** Requests that wait fail, and so does what is sent from now on. */
  public CompletionStage<Void> close() {
    gate.close();
    return session.closeAsync();
  }

  /** The keyspace's name as CQL wants it. */
  public static String cqlName(String keyspace) {
    return CqlIdentifier.fromInternal(keyspace).asCql(true);
  }

  /** The same, with failures in words. */
  public static <T> CompletionStage<T> explained(CassandraTarget target, CompletionStage<T> stage) {
    var explained = new CompletableFuture<T>();
    stage.whenComplete(
        (value, e) -> {
          if (e == null) {
            explained.complete(value);
          } else {
            Throwable cause = cause(e);
            explained.completeExceptionally(
                cause instanceof io.replicator.streams.SinkRefusedException
                    ? cause
                    : Explanations.explain(target, cause));
          }
        });
    return explained;
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
