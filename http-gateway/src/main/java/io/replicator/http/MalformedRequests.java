package io.replicator.http;

import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers what is no request, or one over a limit of the server, with a problem document too. Named
 * in the server's settings, by which Pekko finds {@link #MODULE$}.
 */
public final class MalformedRequests extends ParsingErrorHandler {
  /** The name that Pekko expects, of a Scala object. */
  @SuppressWarnings("checkstyle:ConstantName")
  public static final MalformedRequests MODULE$ = new MalformedRequests();

  private MalformedRequests() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    log.debug("malformed request, answered with {}: {}", status.intValue(), error.formatPretty());
    return Problem.of(
            status,
            error.summary()
                + (error.detail().isEmpty()
                    ? ""
                    : ": " + error.detail().lines().findFirst().orElse("")))
        .answer("")
        .addHeader(Headers.of("X-Content-Type-Options", "nosniff"));
  }
}
