package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

/** Finds the server to capture from: the first address that answers, or whom the sentinels name. */
final class SourceLocator {
  private final RedisCaptureSettings settings;

  SourceLocator(RedisCaptureSettings settings) {
    this.settings = settings;
  }

  /** A connection to the source, for questions. */
  RedisConnection connect() throws IOException {
    if (!settings.sentinelMaster().isEmpty()) {
      return RedisConnection.open(askSentinels(), settings);
    }
    IOException failure = null;
    for (InetSocketAddress address : settings.addresses()) {
      try {
        return RedisConnection.open(address, settings);
      } catch (IOException e) {
        failure = firstOf(failure, e);
      }
    }
    throw failure;
  }

  private InetSocketAddress askSentinels() throws IOException {
    IOException failure = null;
    for (InetSocketAddress address : settings.addresses()) {
      // Credentials are the server's; sentinels are asked without any unless they insist.
      try (RedisConnection sentinel = openSentinel(address)) {
        Object reply =
            sentinel.call("SENTINEL", "get-master-addr-by-name", settings.sentinelMaster());
        if (reply instanceof List<?> parts
            && parts.size() == 2
            && parts.get(0) instanceof Bytes host
            && parts.get(1) instanceof Bytes port) {
          return InetSocketAddress.createUnresolved(host.asUtf8(), Integer.parseInt(port.asUtf8()));
        }
        String reason =
            reply instanceof RedisConnection.ErrorReply error
                ? error.message()
                : "it does not know that name";
        throw new IOException(
            "the sentinel at "
                + sentinel
                + " does not tell the address of "
                + settings.sentinelMaster()
                + " ("
                + reason
                + "): check the name and that the address is a sentinel's");
      } catch (IOException e) {
        failure = firstOf(failure, e);
      }
    }
    throw failure;
  }

  private RedisConnection openSentinel(InetSocketAddress address) throws IOException {
    var anonymous =
        new RedisCaptureSettings(
            settings.addresses(),
            "",
            "",
            "",
            settings.tls(),
            settings.databases(),
            settings.valueBytesMax(),
            settings.spoolDirectory(),
            settings.spoolBytesMax(),
            settings.connectTimeout(),
            settings.readTimeout());
    try {
      return RedisConnection.open(address, anonymous);
    } catch (IOException e) {
      if (settings.password().isEmpty() || !String.valueOf(e.getMessage()).contains("NOAUTH")) {
        throw e;
      }
      return RedisConnection.open(address, settings);
    }
  }

  private static IOException firstOf(IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
