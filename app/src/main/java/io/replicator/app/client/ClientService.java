package io.replicator.app.client;

import io.replicator.actors.client.Client;
import io.replicator.actors.client.ClientStatus;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.Configuration;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Termination;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of {@code replicator client}. */
public final class ClientService {
  private static final Logger log = LoggerFactory.getLogger(ClientService.class);
  private static final long LOOK_MS = 250;

  private ClientService() {}

  /**
   * Follows the hub until a signal, or until caught up when that is asked for; returns the exit
   * code.
   *
   * @param out for a sink that writes to standard output
   */
  public static int run(
      Configuration configuration, ClientConfiguration settings, PrintWriter out) {
    var termination = Termination.onSignals();
    try (var running = RunningClient.start(configuration.whole(), settings, out);
        ProgressView view = ProgressView.forThisProcess()) {
      follow(running.client(), termination, view);
    }
    return 0;
  }

  private static void follow(Client client, Termination termination, ProgressView view) {
    CompletableFuture<Object> end =
        CompletableFuture.anyOf(
            client.whenDone().toCompletableFuture(), termination.wished().toCompletableFuture());
    String told = "";
    log.info("{}: {}", client.status().hub(), client.status().state());
    while (true) {
      ClientStatus status = client.status();
      view.show(status, System.nanoTime());
      if (!isTrying(status) && !status.state().equals(told)) {
        log.info("{}: {}", status.hub(), describe(status));
        told = status.state();
      }
      try {
        end.get(LOOK_MS, TimeUnit.MILLISECONDS);
        view.show(client.status(), System.nanoTime());
        return;
      } catch (TimeoutException e) {
        // Not yet: look again.
      } catch (ExecutionException e) {
        throw new FailureException(Failures.message(e), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** The client itself says once what is wrong, however often it tries. */
  private static boolean isTrying(ClientStatus status) {
    return status.state().equals("connecting") || status.state().equals("waiting");
  }

  private static String describe(ClientStatus status) {
    return status.detail().isEmpty() ? status.state() : status.state() + ", " + status.detail();
  }
}
