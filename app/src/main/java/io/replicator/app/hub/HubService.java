package io.replicator.app.hub;

import io.replicator.app.config.Configuration;
import io.replicator.app.config.HostPort;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Termination;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of {@code replicator hub}. */
public final class HubService {
  private static final Logger log = LoggerFactory.getLogger(HubService.class);

  private HubService() {}

  /** Serves until a signal; returns the exit code. */
  public static int run(Configuration configuration, HubConfiguration hub) {
    var termination = Termination.onSignals();
    try (var running = RunningHub.start(configuration.whole(), hub)) {
      log.info(
          "serving {} on {}, status on {}, store in {}",
          hub.hub().databases().stream().map(database -> database.name()).toList(),
          text(running.hub().address()),
          running.httpAddress() == null ? "no address" : "http://" + text(running.httpAddress()),
          hub.hub().store().directory().toAbsolutePath());
      CompletableFuture.anyOf(
              termination.wished().toCompletableFuture(),
              running.hub().whenStopped().toCompletableFuture())
          .join();
    } catch (CompletionException e) {
      throw new FailureException("hub stopped: " + Failures.message(e), e);
    }
    log.info("stopped");
    return 0;
  }

  private static HostPort text(InetSocketAddress address) {
    return new HostPort(address.getAddress().getHostAddress(), address.getPort());
  }
}
