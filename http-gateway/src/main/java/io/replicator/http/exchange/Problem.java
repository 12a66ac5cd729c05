package io.replicator.http.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;

/**
 * Why a request is not answered as asked: a problem document (RFC 9457). Immutable.
 *
 * @param detail what was wrong and what is allowed, for people
 * @param members of the document beside the usual ones, in their order
 * @param headers of the answer beside the usual ones
 */
public record Problem(
    StatusCode status, String detail, Map<String, Object> members, List<HttpHeader> headers) {
  private static final ContentType TYPE = ContentTypes.parse("application/problem+json");
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  public static Problem of(StatusCode status, String detail) {
    return new Problem(status, detail, Map.of(), List.of());
  }

  public Problem with(HttpHeader header) {
    List<HttpHeader> more = new ArrayList<>(headers);
    more.add(header);
    return new Problem(status, detail, members, List.copyOf(more));
  }

  public Problem with(String member, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(members);
    more.put(member, value);
    return new Problem(status, detail, more, headers);
  }

  /** For code that is far from the answer: thrown where a request is found wrong. */
  public ProblemException exception() {
    return new ProblemException(this);
  }

  /**
   * @param path that was asked for, empty where it is not known
   */
  public HttpResponse answer(String path) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("type", "about:blank");
    document.put("title", status.reason());
    document.put("status", status.intValue());
    document.put("detail", detail);
    if (!path.isEmpty()) {
      document.put("instance", path);
    }
    document.putAll(members);
    return HttpResponse.create()
        .withStatus(status)
        .addHeader(CacheControl.create(CacheDirectives.NO_STORE))
        .addHeaders(headers)
        .withEntity(HttpEntities.create(TYPE, bytes(document)));
  }

  public CompletionStage<HttpResponse> answered(String path) {
    return CompletableFuture.completedFuture(answer(path));
  }

  private static byte[] bytes(Map<String, Object> document) {
    try {
      return JSON.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + document, e);
    }
  }
}
