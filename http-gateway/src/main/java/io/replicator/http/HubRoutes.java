package io.replicator.http;

import io.replicator.http.entries.DatabaseRoutes;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import io.replicator.http.exchange.RequestTarget;
import io.replicator.http.pages.Pages;
import io.replicator.http.updates.Updates;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests: a function from request to response, without a server. Any thread. Finds out
 * what a request asks for and passes it on; what nobody answers, or answers wrongly, becomes a
 * problem document (RFC 9457).
 */
final class HubRoutes {
  private static final Logger log = LoggerFactory.getLogger(HubRoutes.class);
  private static final Set<String> READ = Set.of("GET");

  private final ClassicActorSystemProvider system;
  private final Gate gate;
  private final GatewayMeters meters;
  private final HubHealth health;
  private final DatabaseRoutes databases;
  private final Updates updates;
  private final Pages pages;

  HubRoutes(
      ClassicActorSystemProvider system,
      Gate gate,
      GatewayMeters meters,
      HubHealth health,
      DatabaseRoutes databases,
      Updates updates,
      Pages pages) {
    this.system = system;
    this.gate = gate;
    this.meters = meters;
    this.health = health;
    this.databases = databases;
    this.updates = updates;
    this.pages = pages;
  }

  CompletionStage<HttpResponse> handle(HttpRequest request) {
    RequestTarget target = RequestTarget.of(request);
    Route route = Route.of(target.segments());
    boolean page = route == null && pages.has(target.path());
    CompletionStage<HttpResponse> answer;
    try {
      answer =
          dispatch(request, target, route, page)
              .exceptionally(failure -> failed(request, target, failure));
    } catch (RuntimeException e) {
      discard(request);
      answer = CompletableFuture.completedFuture(failed(request, target, e));
    }
    String name = route != null ? route.template() : page ? "page" : "none";
    return answer.thenApply(
        response -> {
          meters.answered(name, response.status().intValue());
          return gate.dressed(request, response);
        });
  }

  private CompletionStage<HttpResponse> dispatch(
      HttpRequest request, RequestTarget target, Route route, boolean page) {
    Set<String> methods = route == null ? READ : route.methods();
    HttpResponse refusal =
        gate.refuse(request, target.path(), methods, page || (route != null && route.open()));
    if (refusal != null) {
      discard(request);
      return CompletableFuture.completedFuture(refusal);
    }
    if (route == null && !page) {
      throw Problem.of(StatusCodes.NOT_FOUND, "there is nothing at " + target.path()).exception();
    }
    String method = request.method().value();
    if (!methods.contains(method.equals("HEAD") ? "GET" : method)) {
      throw notAllowed(target, methods, method).exception();
    }
    if (route == Route.UPDATES) {
      return updates.handle(request);
    }
    if (method.equals("PUT")) {
      return databases.put(exchange(request, target, route));
    }
    // A body has no meaning here, but unread it would hold up the connection.
    discard(request);
    return route == null ? pages.handle(request) : read(request, target, route);
  }

  private CompletionStage<HttpResponse> read(
      HttpRequest request, RequestTarget target, Route route) {
    return switch (route) {
      case DATABASES -> databases.list(exchange(request, target, route));
      case ENTRIES -> databases.entries(exchange(request, target, route));
      case ENTRY ->
          request.method().value().equals("DELETE")
              ? databases.delete(exchange(request, target, route))
              : databases.entry(exchange(request, target, route));
      case CHANGES -> databases.changes(exchange(request, target, route));
      case UPDATES -> updates.handle(request);
      case STATUS -> health.status(target.query());
      case METRICS -> health.metrics();
      case LIVE -> health.live();
      case READY -> health.ready();
      case OPENAPI -> Description.answer();
    };
  }

  private static Problem notAllowed(RequestTarget target, Set<String> methods, String method) {
    List<String> allowed = new ArrayList<>(methods);
    if (methods.contains("GET")) {
      allowed.add("HEAD");
    }
    String all = String.join(", ", allowed);
    return Problem.of(
            StatusCodes.METHOD_NOT_ALLOWED,
            target.path() + " cannot be asked with " + method + "; allowed: " + all)
        .with(Headers.of("Allow", all));
  }

  private static Exchange exchange(HttpRequest request, RequestTarget target, Route route) {
    return new Exchange(
        request,
        target,
        route.varying(target.segments()),
        request.getAttribute(Exchange.GONE).orElseGet(CompletableFuture::new));
  }

  private void discard(HttpRequest request) {
    request.discardEntityBytes(system);
  }

  private static HttpResponse failed(HttpRequest request, RequestTarget target, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof ProblemException refused) {
      return refused.problem().answer(target.path());
    }
    log.error("{} {} failed", request.method().value(), target.path(), cause);
    return Problem.of(
            StatusCodes.INTERNAL_SERVER_ERROR, "the hub failed to answer; its log tells more")
        .answer(target.path());
  }
}
