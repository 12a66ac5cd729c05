package io.replicator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.StatusQuery;
import io.replicator.http.exchange.Problem;
import io.replicator.streams.SourceStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the hub is. Any thread.
 *
 * <pre>
 *   GET /v1/status     HubStatus as JSON, of the sessions asked for (StatusParameters); 503 when the hub does not answer in time
 *   GET /metrics       meters in Prometheus' text format
 *   GET /health/live   200 while the process answers
 *   GET /health/ready  200 when clients that connect now find the data, otherwise 503 and why not
 * </pre>
 */
final class HubHealth {
  private static final Logger log = LoggerFactory.getLogger(HubHealth.class);
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final long STATUS_TIMEOUT_MS = 3_000;
  private static final StatusQuery NO_SESSIONS = new StatusQuery(0, StatusQuery.Sort.ID, "");
  private static final ContentType PROMETHEUS_TEXT =
      ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8");

  private final Function<StatusQuery, CompletionStage<HubStatus>> status;
  private final Supplier<String> metrics;

  HubHealth(Function<StatusQuery, CompletionStage<HubStatus>> status, Supplier<String> metrics) {
    this.status = status;
    this.metrics = metrics;
  }

  CompletionStage<HttpResponse> live() {
    return CompletableFuture.completedFuture(json(Map.of("live", true)));
  }

  CompletionStage<HttpResponse> ready() {
    return askHub(Route.READY, NO_SESSIONS, HubHealth::readiness);
  }

  CompletionStage<HttpResponse> status(String query) {
    return askHub(Route.STATUS, StatusParameters.read(query), HubHealth::json);
  }

  CompletionStage<HttpResponse> metrics() {
    return CompletableFuture.completedFuture(
        response(PROMETHEUS_TEXT, metrics.get().getBytes(StandardCharsets.UTF_8)));
  }

  private CompletionStage<HttpResponse> askHub(
      Route route, StatusQuery query, Function<HubStatus, HttpResponse> answer) {
    // A copy, so that the timeout completes ours and not the hub's own stage.
    return status
        .apply(query)
        .toCompletableFuture()
        .copy()
        .orTimeout(STATUS_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .handle(
            (hubStatus, failure) -> {
              if (failure == null) {
                return answer.apply(hubStatus);
              }
              log.warn("{} not answered: {}", route.template(), failure.toString());
              return unavailable(
                  route, "the hub did not answer within " + STATUS_TIMEOUT_MS + " ms");
            });
  }

  /** Ready once every source has been read at least once, so that no client finds a gap. */
  private static HttpResponse readiness(HubStatus hub) {
    for (SourceStatus source : hub.sources()) {
      boolean neverCaptured =
          source.state() != SourceStatus.State.STREAMING && source.offset() <= 0;
      if (neverCaptured) {
        String why = "source " + source.address() + " is " + source.state();
        return unavailable(Route.READY, why + ": " + source.detail());
      }
    }
    for (HubStatus.DatabaseStatus database : hub.databases()) {
      if (database.loading()) {
        return unavailable(
            Route.READY, "database " + database.name() + " is being loaded from its source");
      }
    }
    return json(Map.of("ready", true));
  }

  private static HttpResponse unavailable(Route route, String why) {
    return Problem.of(StatusCodes.SERVICE_UNAVAILABLE, why).answer(route.template());
  }

  private static HttpResponse json(Object body) {
    try {
      return response(ContentTypes.APPLICATION_JSON, JSON.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + body, e);
    }
  }

  private static HttpResponse response(ContentType type, byte[] body) {
    return HttpResponse.create()
        .addHeader(CacheControl.create(CacheDirectives.NO_STORE))
        .withEntity(HttpEntities.create(type, body));
  }
}
