package io.replicator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.actors.hub.HubStatus;
import io.replicator.streams.SourceStatus;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Allow;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests: a function from request to response, without a server. Any thread.
 *
 * <pre>
 *   GET /v1/status     HubStatus as JSON; 503 when the hub does not answer in time
 *   GET /metrics       meters in Prometheus' text format
 *   GET /health/live   200 while the process answers
 *   GET /health/ready  200 when clients that connect now find the data, otherwise 503 and why not
 * </pre>
 *
 * Everything else is refused with a problem document (RFC 9457).
 */
final class HubRoutes {
  private static final Logger log = LoggerFactory.getLogger(HubRoutes.class);
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String STATUS = "/v1/status";
  private static final String METRICS = "/metrics";
  private static final String LIVE = "/health/live";
  private static final String READY = "/health/ready";
  private static final Set<String> PATHS = Set.of(STATUS, METRICS, LIVE, READY);
  private static final long STATUS_TIMEOUT_MS = 3_000;

  private static final ContentType PROBLEM_JSON = ContentTypes.parse("application/problem+json");
  private static final ContentType PROMETHEUS_TEXT =
      ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8");

  private final ClassicActorSystemProvider system;
  private final Supplier<CompletionStage<HubStatus>> status;
  private final Supplier<String> metrics;

  HubRoutes(
      ClassicActorSystemProvider system,
      Supplier<CompletionStage<HubStatus>> status,
      Supplier<String> metrics) {
    this.system = system;
    this.status = status;
    this.metrics = metrics;
  }

  CompletionStage<HttpResponse> handle(HttpRequest request) {
    // A body has no meaning here, but unread it would hold up the connection.
    request.discardEntityBytes(system);
    String path = request.getUri().path();
    if (!PATHS.contains(path)) {
      return done(problem(StatusCodes.NOT_FOUND, "there is nothing at " + path, path));
    }
    if (!request.method().equals(HttpMethods.GET)) {
      String detail = path + " can only be read, not " + request.method().value();
      return done(
          problem(StatusCodes.METHOD_NOT_ALLOWED, detail, path)
              .addHeader(Allow.create(HttpMethods.GET, HttpMethods.HEAD)));
    }
    return switch (path) {
      case LIVE -> done(json(StatusCodes.OK, Map.of("live", true)));
      case READY -> askHub(path, HubRoutes::readiness);
      case STATUS -> askHub(path, answer -> json(StatusCodes.OK, answer));
      default -> done(response(StatusCodes.OK, PROMETHEUS_TEXT, utf8(metrics.get())));
    };
  }

  private CompletionStage<HttpResponse> askHub(
      String path, Function<HubStatus, HttpResponse> answer) {
    // A copy, so that the timeout completes ours and not the hub's own stage.
    return status
        .get()
        .toCompletableFuture()
        .copy()
        .orTimeout(STATUS_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .handle(
            (hubStatus, failure) -> {
              if (failure == null) {
                return answer.apply(hubStatus);
              }
              log.warn("{} not answered: {}", path, failure.toString());
              String detail = "the hub did not answer within " + STATUS_TIMEOUT_MS + " ms";
              return problem(StatusCodes.SERVICE_UNAVAILABLE, detail, path);
            });
  }

  /** Ready once every source has been read at least once, so that no client finds a gap. */
  private static HttpResponse readiness(HubStatus hub) {
    for (SourceStatus source : hub.sources()) {
      boolean neverCaptured =
          source.state() != SourceStatus.State.STREAMING && source.offset() <= 0;
      if (neverCaptured) {
        String why = "source " + source.address() + " is " + source.state();
        return problem(StatusCodes.SERVICE_UNAVAILABLE, why + ": " + source.detail(), READY);
      }
    }
    for (HubStatus.DatabaseStatus database : hub.databases()) {
      if (database.loading()) {
        String why = "database " + database.name() + " is being loaded from its source";
        return problem(StatusCodes.SERVICE_UNAVAILABLE, why, READY);
      }
    }
    return json(StatusCodes.OK, Map.of("ready", true));
  }

  private static HttpResponse problem(StatusCode status, String detail, String path) {
    var document = new LinkedHashMap<String, Object>();
    document.put("type", "about:blank");
    document.put("title", status.reason());
    document.put("status", status.intValue());
    document.put("detail", detail);
    document.put("instance", path);
    return response(status, PROBLEM_JSON, bytes(document));
  }

  private static HttpResponse json(StatusCode status, Object body) {
    return response(status, ContentTypes.APPLICATION_JSON, bytes(body));
  }

  private static HttpResponse response(StatusCode status, ContentType type, byte[] body) {
    return HttpResponse.create()
        .withStatus(status)
        .addHeader(CacheControl.create(CacheDirectives.NO_STORE))
        .withEntity(HttpEntities.create(type, body));
  }

  private static byte[] bytes(Object body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + body, e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }
}
