package io.replicator.actors.client;

import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.Capabilities;
import io.replicator.protocol.Frames;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Subscription;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyGlob;
import io.replicator.streams.FeedKey;
import io.replicator.streams.WireMapping;
import java.util.Map;

/** What a client says first. */
final class Handshake {
  private Handshake() {}

  /**
   * @param clientId stable across the reconnects of one client
   * @param cursors that the sink holds now
   */
  static Hello hello(ClientSettings settings, String clientId, Map<FeedKey, Cursor> cursors) {
    Hello.Builder hello =
        Hello.newBuilder()
            .setProtocolVersion(Frames.VERSION_MAX)
            .addCapabilities(Capabilities.DICTIONARY)
            .setClientId(clientId)
            .setClientName(settings.name());
    for (ClientSettings.ClientSubscription subscription : settings.subscriptions()) {
      Subscription.Builder wire = Subscription.newBuilder().setDatabase(subscription.database());
      for (KeyGlob glob : subscription.patterns()) {
        Bytes pattern = glob.pattern();
        wire.addInclude(
            UnsafeByteOperations.unsafeWrap(pattern.array(), pattern.offset(), pattern.length()));
      }
      hello.addSubscriptions(wire);
    }
    cursors.forEach(
        (key, cursor) -> {
          if (!(cursor instanceof Cursor.Nothing)) {
            hello.addResumes(
                Resume.newBuilder()
                    .setDatabase(key.database())
                    .setFingerprint(key.fingerprint())
                    .setCursor(WireMapping.toWire(cursor)));
          }
        });
    return hello.build();
  }
}
