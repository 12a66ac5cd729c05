package io.replicator.http.pages;

import io.replicator.http.exchange.Headers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.AcceptEncoding;
import org.apache.pekko.http.javadsl.model.headers.HttpEncodings;
import org.apache.pekko.http.javadsl.model.headers.IfNoneMatch;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * Everything that is no part of the API: GET and HEAD of files. Any thread. Whoever asks sees it
 * without a token: a page asks its user for one. Security headers are added to every answer
 * afterwards, {@code Content-Security-Policy} where the answer has none.
 *
 * <pre>
 *   /               the operator's page
 *   /demo           the demonstration's page: any hub has it, and it says so where the data is missing
 *   /replicator.js  the JavaScript client, where its module is on the class path
 * </pre>
 *
 * A file may be kept, and is asked for again each time: the answer is 304 as long as it is the
 * same. There are a dozen of them, so that saving these requests is not worth a page that outlives
 * an upgrade of its hub.
 */
public final class Pages {
  /** Nothing but what this hub serves, and no script or style within the page. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final List<String> STYLES = List.of("base.css", "operator.css", "demo.css");
  private static final List<String> SCRIPTS =
      List.of(
          "theme.js",
          "format.js",
          "rows.js",
          "token.js",
          "chart.js",
          "operator.js",
          "canvases.js",
          "demo.js",
          "replicator.js");

  private static final ContentType HTML = ContentTypes.TEXT_HTML_UTF8;
  private static final ContentType CSS = ContentTypes.parse("text/css; charset=utf-8");
  private static final ContentType SCRIPT = ContentTypes.parse("text/javascript; charset=utf-8");
  private static final ContentType SVG = ContentTypes.parse("image/svg+xml");

  private final Map<String, Asset> assets = new HashMap<>();

  public Pages(ActorSystem<?> system) {
    add("/", "index.html", HTML);
    add("/demo", "demo.html", HTML);
    STYLES.forEach(name -> add("/" + name, name, CSS));
    SCRIPTS.forEach(name -> add("/" + name, name, SCRIPT));
    add("/favicon.svg", "favicon.svg", SVG);
  }

  private void add(String path, String resource, ContentType type) {
    Asset asset = Asset.read("/web/" + resource, type);
    if (asset != null) {
      assets.put(path, asset);
    }
  }

  /** Whether there is a file at {@code path}, which begins with a slash. */
  public boolean has(String path) {
    return assets.containsKey(path);
  }

  /** The file; only where {@link #has} says so. */
  public CompletionStage<HttpResponse> handle(HttpRequest request) {
    Asset asset = assets.get(request.getUri().path());
    boolean gzip = request.getHeader(AcceptEncoding.class).map(Pages::takesGzip).orElse(false);
    // Two forms of a file are two files to a cache.
    String tag = gzip ? asset.tag() + "-gzip" : asset.tag();
    HttpResponse response =
        HttpResponse.create()
            .addHeaders(
                List.of(
                    RawHeader.create("ETag", "\"" + tag + "\""),
                    RawHeader.create("Cache-Control", "no-cache"),
                    RawHeader.create("Vary", "Accept-Encoding")));
    if (request.getHeader(IfNoneMatch.class).map(header -> names(header, tag)).orElse(false)) {
      return done(response.withStatus(StatusCodes.NOT_MODIFIED));
    }
    if (asset.type() == HTML) {
      response = response.addHeader(RawHeader.create("Content-Security-Policy", POLICY));
    }
    if (gzip) {
      response = response.addHeader(RawHeader.create("Content-Encoding", "gzip"));
    }
    return done(
        response.withEntity(
            HttpEntities.create(asset.type(), gzip ? asset.gzip() : asset.plain())));
  }

  private static boolean takesGzip(AcceptEncoding header) {
    for (var range : header.getEncodings()) {
      if (range.matches(HttpEncodings.GZIP) && range.qValue() > 0) {
        return true;
      }
    }
    return false;
  }

  // A proxy that compresses makes a tag weak; it still names the same file.
  private static boolean names(HttpHeader ifNoneMatch, String tag) {
    return Headers.tags(ifNoneMatch.value()).stream()
        .anyMatch(one -> one.equals("*") || one.endsWith("\"" + tag + "\""));
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }
}
