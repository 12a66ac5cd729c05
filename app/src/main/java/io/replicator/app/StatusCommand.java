package io.replicator.app;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.actors.hub.HubStatus;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HostPort;
import io.replicator.app.config.Overrides;
import io.replicator.app.config.StatusConfiguration;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.status.StatusTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code replicator status}: what a hub says of itself, as tables. */
@Command(name = "status", description = "Sources, databases and sessions of a running hub.")
final class StatusCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "The hub's HTTP address. Default: 127.0.0.1:8079.")
  private String http;

  @Option(names = "--json", description = "As the hub sent it, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Configuration configuration =
        common.configuration(new Overrides().set("replicator.hub.http", "--http", http));
    HostPort address = StatusConfiguration.read(configuration);
    String body = fetch(address);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(body);
    } else {
      HubStatus status = JSON.readValue(body, HubStatus.class);
      out.print(StatusTables.of(status, System.currentTimeMillis()));
    }
    out.flush();
    return 0;
  }

  private static String fetch(HostPort address) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + "/v1/status");
    var request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
    HttpResponse<String> response;
    try {
      response =
          HttpClient.newBuilder()
              .connectTimeout(TIMEOUT)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());
    } catch (ConnectException e) {
      throw new FailureException(
          "no hub answers at http://"
              + address
              + ": start one, or name its address with --http HOST:PORT",
          e);
    } catch (IOException e) {
      throw new FailureException(
          "the hub at http://" + address + " did not answer: " + Failures.message(e), e);
    }
    if (response.statusCode() != 200) {
      throw new FailureException(
          uri + " answered " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }
}
