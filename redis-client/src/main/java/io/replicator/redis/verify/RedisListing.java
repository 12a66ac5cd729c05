package io.replicator.redis.verify;

import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.KeyspaceView.Page;
import io.replicator.streams.verify.Listing;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A SCAN, without what the product itself keeps. */
final class RedisListing implements Listing {
  private static final int SCAN_COUNT = 1000;
  private static final Bytes OWN_PREFIX = Bytes.utf8("replicator:");

  private final RedisLink link;
  private String position = KeyspaceView.START;

  RedisListing(RedisLink link) {
    this.link = link;
  }

  @Override
  public CompletionStage<Keys> next() {
    if (position == null) {
      return CompletableFuture.completedFuture(null);
    }
    return link.send(Request.of(Verb.SCAN).add(position).add("COUNT").add(SCAN_COUNT))
        .thenApply(
            scan -> {
              Page page = RedisView.scanned(scan);
              position = page.next();
              List<Bytes> keys =
                  page.items().stream().filter(key -> !key.startsWith(OWN_PREFIX)).toList();
              return new Keys(keys, null, Double.NaN);
            });
  }

  @Override
  public void close() {
    // Nothing is held at the server.
  }
}
