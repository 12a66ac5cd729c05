package io.replicator.http.updates;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.impl.engine.server.UpgradeToOtherProtocolResponseHeader;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The answer that makes a WebSocket of a connection: the handshake is Pekko HTTP's, what comes
 * after it is ours.
 *
 * <p>This is the one place that knows an internal class of Pekko HTTP, the header by which its own
 * WebSockets take over a connection; there is no public one for it.
 */
final class Upgrade {
  private static final Flow<Message, Message, NotUsed> NOBODY =
      Flow.fromSinkAndSource(Sink.ignore(), Source.empty());

  private Upgrade() {}

  /**
   * @param frames runs on the bytes of the connection from the end of the handshake on
   */
  static HttpResponse answer(
      WebSocketUpgrade request, String subprotocol, Flow<ByteString, ByteString, NotUsed> frames) {
    HttpResponse handshake = request.handleMessagesWith(NOBODY, subprotocol);
    List<HttpHeader> headers = new ArrayList<>();
    for (HttpHeader header : handshake.getHeaders()) {
      if (!(header instanceof UpgradeToOtherProtocolResponseHeader)) {
        headers.add(header);
      }
    }
    headers.add(
        new UpgradeToOtherProtocolResponseHeader(frames.asScala().mapMaterializedValue(x -> x)));
    return handshake.withHeaders(headers);
  }
}
