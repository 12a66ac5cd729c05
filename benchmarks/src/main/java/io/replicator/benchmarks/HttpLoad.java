package io.replicator.benchmarks;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.WireLimits;
import io.replicator.replication.Batch;
import io.replicator.streams.BatchCodec;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * One HTTP request for all entries of a database as blocks, read as a user of the API would: with
 * the JDK's client, block after block.
 */
final class HttpLoad {
  private static final int OK = 200;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpRequest request;

  HttpLoad(int port, String database) {
    request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/v1/databases/" + database + "/entries"))
            .header("Accept", "application/vnd.replicator.v1+protobuf")
            .build();
  }

  CountingSink.Count load() throws IOException, InterruptedException {
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    var sink = new CountingSink();
    try (var body = new DataInputStream(answer.body())) {
      if (answer.statusCode() != OK) {
        throw new IOException("HTTP " + answer.statusCode());
      }
      Batch batch;
      do {
        byte[] block = new byte[body.readInt()];
        body.readFully(block);
        byte[] plain = Blocks.decode(block, WireLimits.DEFAULT, dictionary -> null);
        batch = BatchCodec.decode(plain).batch();
        sink.add(batch);
      } while (!batch.endsLoad());
    }
    return sink.count();
  }
}
