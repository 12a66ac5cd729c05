package io.replicator.http;

import io.replicator.http.exchange.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /openapi.json}: the API, described (OpenAPI 3.1), from a file of the class path. */
final class Description {
  private static final byte[] BYTES = read();

  private Description() {}

  static CompletionStage<HttpResponse> answer() {
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .addHeader(Headers.NO_CACHE)
            .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, BYTES)));
  }

  private static byte[] read() {
    try (InputStream in =
        Description.class.getResourceAsStream("/io/replicator/http/openapi.json")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.json cannot be read", e);
    }
  }
}
