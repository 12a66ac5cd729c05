package io.replicator.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** How large the JavaScript client is that a hub serves to pages, with all that it needs. */
final class ClientSize implements Scenario {
  private final Path bundle;

  ClientSize(Path client) {
    this.bundle = client.resolve("dist").resolve("replicator.js");
  }

  @Override
  public void run(Report report) throws IOException {
    byte[] minified = Files.readAllBytes(bundle);
    var compressed = new ByteArrayOutputStream();
    try (var gzip = new BestGzip(compressed)) {
      gzip.write(minified);
    }
    report.line("## Size of the JavaScript client");
    report.table(
        List.of("", "KB minified", "KB minified and gzipped (level 9)"),
        List.of(
            List.of(
                bundle.getFileName().toString(),
                String.format(Locale.ROOT, "%.1f", minified.length / 1e3),
                String.format(Locale.ROOT, "%.1f", compressed.size() / 1e3))));
  }

  private static final class BestGzip extends GZIPOutputStream {
    BestGzip(ByteArrayOutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
