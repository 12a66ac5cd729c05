package io.replicator.app;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.StatusQuery;
import io.replicator.actors.hub.StatusQuery.Sort;
import io.replicator.app.client.ClientReport;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HostPort;
import io.replicator.app.config.Overrides;
import io.replicator.app.config.StatusConfiguration;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.UsageException;
import io.replicator.app.status.ClientTables;
import io.replicator.app.status.StatusTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
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

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "What the hub wants to see. Default: the setting replicator.hub.gateway.token, from"
              + " REPLICATOR_HTTP_TOKEN; others on this machine can read options.")
  private String token;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      description = "Most sessions to show, up to 1000. Default: ${DEFAULT-VALUE}.")
  private int sessions = 100;

  @Option(
      names = "--sort",
      paramLabel = "ORDER",
      description = "lag (those that fall behind first), id or client. Default: ${DEFAULT-VALUE}.")
  private String sort = "lag";

  @Option(
      names = "--search",
      paramLabel = "TEXT",
      description = "Only sessions with this in client, address, state, transport or patterns.")
  private String search = "";

  @Option(
      names = "--client",
      description = "Ask a client instead, at the address that it was given with --http.")
  private boolean client;

  @Option(names = "--json", description = "As the hub sent it, for scripts.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Configuration configuration =
        common.configuration(
            new Overrides()
                .set("replicator.hub.http", "--http", http)
                .set("replicator.hub.gateway.token", "--token", token));
    StatusConfiguration hub = StatusConfiguration.read(configuration);
    String body = fetch(hub.http(), hub.token(), client ? "/v1/client" : path(query()));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(body);
    } else if (client) {
      out.print(ClientTables.of(JSON.readValue(body, ClientReport.class)));
    } else {
      HubStatus status = JSON.readValue(body, HubStatus.class);
      out.print(StatusTables.of(status, System.currentTimeMillis()));
    }
    out.flush();
    return 0;
  }

  private StatusQuery query() {
    Sort order =
        Arrays.stream(Sort.values())
            .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(sort))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        "option --sort: \""
                            + sort
                            + "\" is not allowed; allowed: lag, id, client"));
    if (search.length() > StatusQuery.SEARCH_CHARS_MAX) {
      throw new UsageException(
          "option --search: "
              + search.length()
              + " characters are not allowed; allowed: "
              + StatusQuery.SEARCH_CHARS_MAX);
    }
    if (sessions < 0 || sessions > StatusQuery.SESSIONS_MAX) {
      throw new UsageException(
          "option --sessions: \""
              + sessions
              + "\" is not allowed; allowed: 0 to "
              + StatusQuery.SESSIONS_MAX);
    }
    return new StatusQuery(sessions, order, search);
  }

  private static String path(StatusQuery query) {
    return "/v1/status?sessions="
        + query.sessions()
        + "&sort="
        + query.sort().name().toLowerCase(Locale.ROOT)
        + "&search="
        + URLEncoder.encode(query.search(), StandardCharsets.UTF_8);
  }

  private static String fetch(HostPort address, String token, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + path);
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(TIMEOUT);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> response;
    try {
      response =
          HttpClient.newBuilder()
              .connectTimeout(TIMEOUT)
              .build()
              .send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (ConnectException e) {
      throw new FailureException(
          "nobody answers at http://"
              + address
              + ": start one, or name its address with --http HOST:PORT",
          e);
    } catch (IOException e) {
      throw new FailureException(
          "the hub at http://" + address + " did not answer: " + Failures.message(e), e);
    }
    if (response.statusCode() == 401) {
      throw new FailureException(
          "the hub at http://"
              + address
              + " wants a token: give it with --token, or in REPLICATOR_HTTP_TOKEN");
    }
    if (response.statusCode() != 200) {
      throw new FailureException(
          uri + " answered " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }
}
