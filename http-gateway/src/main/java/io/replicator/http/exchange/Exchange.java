package io.replicator.http.exchange;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * One request on its way to an answer.
 *
 * @param segments of the path that vary, still encoded, in their order
 * @param gone completes when nobody waits for the answer any more: the client has closed its
 *     connection, or the hub is stopping
 */
public record Exchange(
    HttpRequest request, RequestTarget target, List<String> segments, CompletionStage<Done> gone) {
  /** Where a server keeps {@link #gone} with a request. */
  public static final AttributeKey<CompletionStage<Done>> GONE = goneKey();

  @SuppressWarnings("unchecked")
  private static AttributeKey<CompletionStage<Done>> goneKey() {
    return (AttributeKey<CompletionStage<Done>>)
        (AttributeKey<?>) AttributeKey.create("gone", CompletionStage.class);
  }

  public boolean isHead() {
    return request.method().equals(HttpMethods.HEAD);
  }

  /** The value of a header, null where there is none. */
  public String header(String name) {
    return request.getHeader(name).map(header -> header.value().strip()).orElse(null);
  }
}
