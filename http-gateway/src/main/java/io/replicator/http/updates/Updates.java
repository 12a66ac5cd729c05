package io.replicator.http.updates;

import io.micrometer.core.instrument.MeterRegistry;
import io.replicator.actors.hub.Hub;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Problem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.StreamSupport;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * {@code GET /v1/updates}, upgraded to WebSocket: each connection runs a session of the hub, with
 * its frames in binary messages or behind a {@link JsonStage}. Any thread. Who may ask has been
 * checked before (origin, token), and that it is a GET.
 */
public final class Updates {
  static final String PROTO = "replicator.v1.proto";
  static final String JSON = "replicator.v1.json";

  /** Of a message of a client; the longest that makes sense is a subscription to 1,000 patterns. */
  static final int MESSAGE_BYTES_MAX = (1 << 20) + (64 << 10);

  private final ActorSystem<?> system;
  private final Hub hub;

  public Updates(ActorSystem<?> system, GatewaySettings settings, Hub hub, MeterRegistry meters) {
    this.system = system;
    this.hub = hub;
  }

  /** 426 where it is no upgrade, 400 where no subprotocol is known. */
  public CompletionStage<HttpResponse> handle(HttpRequest request) {
    // Where it is an upgrade it has no body.
    request.discardEntityBytes(system);
    String path = request.getUri().path();
    WebSocketUpgrade upgrade = request.getAttribute(AttributeKeys.webSocketUpgrade).orElse(null);
    if (upgrade == null) {
      return Problem.of(
              StatusCodes.UPGRADE_REQUIRED,
              path + " is for WebSockets, with the subprotocol " + PROTO + " or " + JSON)
          .with(RawHeader.create("Upgrade", "websocket"))
          .with(RawHeader.create("Connection", "upgrade"))
          .answered(path);
    }
    List<String> offered =
        StreamSupport.stream(upgrade.getRequestedProtocols().spliterator(), false).toList();
    String address =
        request
            .getAttribute(AttributeKeys.remoteAddress)
            .flatMap(RemoteAddress::getAddress)
            .map(java.net.InetAddress::getHostAddress)
            .orElse("unknown");
    // In the order of the client, as the standard has it.
    for (String subprotocol : offered) {
      if (subprotocol.equals(PROTO)) {
        return CompletableFuture.completedFuture(
            Upgrade.answer(upgrade, PROTO, binary(hub.session("websocket", address))));
      }
      if (subprotocol.equals(JSON)) {
        return CompletableFuture.completedFuture(
            Upgrade.answer(upgrade, JSON, text(hub.session("websocket-json", address))));
      }
    }
    return Problem.of(
            StatusCodes.BAD_REQUEST,
            "none of the subprotocols offered is known here; known are " + PROTO + " and " + JSON)
        .answered(path);
  }

  private static Flow<ByteString, ByteString, NotUsed> binary(
      Flow<ByteString, ByteString, NotUsed> session) {
    return BidiFlow.fromGraph(new WebSocketStage(WebSocketKind.BINARY, MESSAGE_BYTES_MAX))
        .join(session);
  }

  private static Flow<ByteString, ByteString, NotUsed> text(
      Flow<ByteString, ByteString, NotUsed> session) {
    return BidiFlow.fromGraph(new WebSocketStage(WebSocketKind.TEXT, MESSAGE_BYTES_MAX))
        .atop(BidiFlow.fromGraph(new JsonStage()))
        .join(session);
  }
}
