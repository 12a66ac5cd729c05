package io.replicator.http.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.AcceptEncoding;
import org.apache.pekko.http.javadsl.model.headers.EntityTag;
import org.apache.pekko.http.javadsl.model.headers.EntityTagRange;
import org.apache.pekko.http.javadsl.model.headers.HttpEncodings;
import org.apache.pekko.http.javadsl.model.headers.IfNoneMatch;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
  private static final ActorTestKit TEST_KIT = ActorTestKit.create();
  private static final List<String> HTML = List.of("/", "/demo");

  private final Pages pages = new Pages(TEST_KIT.system());

  @AfterAll
  static void stop() {
    TEST_KIT.shutdownTestKit();
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html; charset=UTF-8",
    "/demo, text/html; charset=UTF-8",
    "/base.css, text/css; charset=UTF-8",
    "/operator.js, text/javascript; charset=UTF-8",
    "/replicator.js, text/javascript; charset=UTF-8",
    "/favicon.svg, image/svg+xml"
  })
  void shouldServeFilesWithTheirTypes(String path, String type) {
    HttpResponse response = get(path);

    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(response.entity().getContentType()).hasToString(type);
    assertThat(body(response)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/index.html", "/nothing", "/../base.css", "/demo/", "//", ""})
  void shouldHaveNothingElse(String path) {
    assertThat(pages.has(path)).isFalse();
  }

  @Test
  void shouldHaveWhateverAPageOrAModuleNames() {
    for (String path : HTML) {
      assertThat(references(path, "(?:src|href)=\"(/[^\"]*)\"")).isNotEmpty().allMatch(pages::has);
    }
    for (String script : List.of("/operator.js", "/demo.js", "/token.js", "/chart.js")) {
      assertThat(references(script, "from \"\\.?(/[^\"]*)\"")).allMatch(pages::has);
    }
  }

  @Test
  void shouldLetAPageLoadNothingFromElsewhere() {
    for (String path : HTML) {
      assertThat(header(get(path), "Content-Security-Policy"))
          .contains("default-src 'none'")
          .contains("script-src 'self'")
          .contains("frame-ancestors 'none'")
          .doesNotContain("unsafe");
      String html = text(path);
      // The policy would keep these from working.
      assertThat(html).doesNotContainPattern("<script(?![^>]*src=)").doesNotContain("<style");
      assertThat(html).doesNotContainPattern("\\son[a-z]+=").doesNotContain("style=");
      assertThat(html).doesNotContain("http://").doesNotContain("https://");
    }
  }

  @Test
  void shouldAnswerThatAFileIsTheSame() {
    HttpResponse first = get("/operator.js");
    assertThat(header(first, "Cache-Control")).isEqualTo("no-cache");
    String tag = header(first, "ETag");

    HttpResponse second =
        pages
            .handle(request("/operator.js").addHeader(ifNoneMatch(tag)))
            .toCompletableFuture()
            .join();

    assertThat(second.status().intValue()).isEqualTo(304);
    assertThat(header(second, "ETag")).isEqualTo(tag);
    assertThat(body(second)).isEmpty();
  }

  @Test
  void shouldSendAFileAgainThatIsAnotherNow() {
    HttpResponse response =
        pages
            .handle(request("/operator.js").addHeader(ifNoneMatch("\"other\"")))
            .toCompletableFuture()
            .join();

    assertThat(response.status().intValue()).isEqualTo(200);
  }

  @Test
  void shouldCompressForThoseThatUnderstand() throws IOException {
    HttpResponse response =
        pages
            .handle(
                request("/base.css").addHeader(AcceptEncoding.create(HttpEncodings.GZIP.toRange())))
            .toCompletableFuture()
            .join();

    assertThat(header(response, "Content-Encoding")).isEqualTo("gzip");
    assertThat(header(response, "Vary")).isEqualTo("Accept-Encoding");
    assertThat(header(response, "ETag")).isNotEqualTo(header(get("/base.css"), "ETag"));
    byte[] plain = new GZIPInputStream(new ByteArrayInputStream(body(response))).readAllBytes();
    assertThat(plain).isEqualTo(body(get("/base.css")));
  }

  private List<String> references(String path, String pattern) {
    List<String> found = new ArrayList<>();
    var matcher = Pattern.compile(pattern).matcher(text(path));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  private HttpResponse get(String path) {
    return pages.handle(request(path)).toCompletableFuture().join();
  }

  private static HttpRequest request(String path) {
    return HttpRequest.GET(path);
  }

  private static IfNoneMatch ifNoneMatch(String tag) {
    return IfNoneMatch.create(
        EntityTagRange.create(EntityTag.create(tag.replace("\"", ""), false)));
  }

  private String text(String path) {
    return new String(body(get(path)), StandardCharsets.UTF_8);
  }

  private static byte[] body(HttpResponse response) {
    return ((HttpEntity.Strict) response.entity()).getData().toArrayUnsafe();
  }

  private static String header(HttpResponse response, String name) {
    return response.getHeader(name).orElse(RawHeader.create(name, "")).value();
  }
}
