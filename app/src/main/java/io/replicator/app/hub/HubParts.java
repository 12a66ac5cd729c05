package io.replicator.app.hub;

import io.replicator.app.config.HostPort;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.SourceSettings;
import io.replicator.redis.capture.RedisCapture;
import io.replicator.redis.capture.RedisCaptureSettings;
import io.replicator.store.RocksStore;
import io.replicator.store.Store;
import io.replicator.store.StoreSettings;
import io.replicator.streams.Capture;
import java.util.Optional;

/** What a hub is put together from: the one place that names the implementations. */
final class HubParts {
  private static final String SPOOL = "spool";

  private HubParts() {}

  static Store openStore(StoreSettings settings) {
    return RocksStore.open(settings);
  }

  /** A capture for one attempt to reach the source. */
  static Capture capture(HubConfiguration configuration, Store store) {
    return new RedisCapture(captureSettings(configuration), store);
  }

  private static RedisCaptureSettings captureSettings(HubConfiguration configuration) {
    SourceSettings source = configuration.source();
    StoreSettings store = configuration.hub().store();
    return new RedisCaptureSettings(
        source.addresses().stream().map(HostPort::unresolved).toList(),
        source.sentinelMaster(),
        source.username(),
        source.password(),
        source.tls() ? Optional.of(tls(source)) : Optional.empty(),
        source.databases().stream().map(Integer::valueOf).toList(),
        store.valueBytesMax(),
        // Beside the store: one directory is all that a hub owns.
        store.directory().resolve(SPOOL),
        source.spoolBytesMax(),
        source.connectTimeout(),
        source.readTimeout());
  }

  private static RedisCaptureSettings.Tls tls(SourceSettings source) {
    // Certificate and key are in one file.
    return new RedisCaptureSettings.Tls(
        Optional.ofNullable(source.tlsAuthorities()),
        Optional.ofNullable(source.tlsCertificate()),
        Optional.ofNullable(source.tlsCertificate()));
  }
}
