package io.replicator.http;

import static io.replicator.http.ServedHub.assertProblem;
import static io.replicator.http.ServedHub.byKey;
import static io.replicator.http.ServedHub.header;
import static io.replicator.http.ServedHub.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.protocol.Blocks;
import io.replicator.protocol.WireLimits;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.streams.BatchCodec;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntriesTest {
  private static final String ENTRIES = "/v1/databases/own/entries";
  private static final String PROTOBUF = "application/vnd.replicator.v1+protobuf";
  private static final int FIELDS = 60_000;

  @TempDir static Path directory;
  private static ServedHub served;

  @BeforeAll
  static void start() throws Exception {
    served = new ServedHub(directory, GatewaySettings.DEFAULT);
    served.put("a:1", "{\"v\":\"one\"}");
    served.put("a:2", "{\"v\":{\"f\":\"1\",\"g\":\"2\"},\"t\":3600000}");
    served.put("b:1", "{\"v\":[\"x\",\"y\"],\"y\":\"set\"}");
    served.put("b%2F%FF", "{\"v\":\"/w==\",\"b\":true}");
    served.put("c:1", "{\"v\":[[\"m\",1.5]],\"y\":\"zset\"}");
    // A collection of many batches, and keys on both sides of it.
    served.captured(
        keys -> {
          for (int i = 0; i < FIELDS; i++) {
            keys.putField(
                Bytes.utf8("huge"),
                DataType.HASH,
                Bytes.utf8("field-" + i),
                Bytes.utf8("value " + i));
          }
          for (int i = 0; i < 50; i++) {
            keys.putValue(Bytes.utf8("k" + i), DataType.STRING, Bytes.utf8("v" + i), 0);
          }
          keys.putValue(Bytes.utf8("a"), DataType.STRING, Bytes.utf8("first"), 0);
        });
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @Test
  void shouldListDatabases() throws Exception {
    JsonNode databases = json(served.get("/v1/databases"));

    assertThat(databases.get("epoch").asText()).isEqualTo(served.hub.epoch().toString());
    JsonNode own = databases.at("/databases/0");
    assertThat(own.get("name").asText()).isEqualTo("own");
    assertThat(own.get("origin").asText()).isEqualTo("embedded");
    assertThat(own.get("writable").asBoolean()).isTrue();
    assertThat(own.get("keys").asInt()).isEqualTo(5);
    assertThat(own.get("cursor").asText())
        .isEqualTo(databases.get("epoch").asText() + "-" + own.get("head").asLong());
    assertThat(databases.at("/databases/1/origin").asText()).isEqualTo("captured");
  }

  @Test
  void shouldSendAnArrayInKeyOrder() throws Exception {
    HttpResponse<String> response = served.get(ENTRIES);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(header(response, "Content-Type")).isEqualTo("application/json");
    String cursor = header(response, "Replicator-Cursor");
    assertThat(header(response, "ETag")).isEqualTo("W/\"" + cursor + "\"");
    JsonNode entries = json(response);
    assertThat(entries.findValuesAsText("k")).containsExactly("a:1", "a:2", "Yi//", "b:1", "c:1");
    assertThat(entries.get(0)).isEqualTo(json("{\"k\":\"a:1\",\"y\":\"string\",\"v\":\"one\"}"));
    assertThat(entries.get(1).get("t").asLong()).isBetween(3_500_000L, 3_600_000L);
    assertThat(entries.get(2))
        .isEqualTo(json("{\"k\":\"Yi//\",\"y\":\"string\",\"b\":true,\"v\":\"/w==\"}"));
  }

  @Test
  void shouldSendALineAnEntry() throws Exception {
    HttpResponse<String> response = served.get(ENTRIES, "Accept", "application/x-ndjson");

    assertThat(header(response, "Content-Type")).isEqualTo("application/x-ndjson");
    List<String> lines = response.body().lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(json(lines.get(4)).get("k").asText()).isEqualTo("c:1");
    assertThat(response.body()).endsWith("}\n");
  }

  @Test
  void shouldSendNothingWhereNothingMatches() throws Exception {
    assertThat(served.get(ENTRIES + "?pattern=none").body()).isEqualTo("[]\n");
    assertThat(served.get(ENTRIES + "?pattern=none", "Accept", "application/x-ndjson").body())
        .isEmpty();
  }

  @Test
  void shouldSendBlocksAsOnTheWire() throws Exception {
    HttpResponse<byte[]> response =
        served.sendForBytes(served.request("/v1/databases/5/entries").header("Accept", PROTOBUF));

    assertThat(header(response, "Content-Type")).isEqualTo(PROTOBUF);
    List<Batch> batches = batches(response.body());
    assertThat(batches).hasSizeGreaterThan(3);
    Cursor place = Cursor.NOTHING;
    int records = 0;
    for (Batch batch : batches) {
      assertThat(batch.from()).isEqualTo(place);
      place = batch.to();
      records += batch.records().size();
    }
    assertThat(records).isEqualTo(1 + FIELDS + 51);
    Cursor.At end = (Cursor.At) place;
    assertThat(end.epoch() + "-" + end.version()).isEqualTo(header(response, "Replicator-Cursor"));
  }

  private static List<Batch> batches(byte[] body) throws Exception {
    List<Batch> batches = new ArrayList<>();
    var in = new DataInputStream(new ByteArrayInputStream(body));
    while (in.available() > 0) {
      byte[] block = new byte[in.readInt()];
      in.readFully(block);
      byte[] plain = Blocks.decode(block, WireLimits.DEFAULT, id -> null);
      batches.add(BatchCodec.decode(plain).batch());
    }
    return batches;
  }

  @Test
  void shouldSendAHugeCollectionAsOneEntry() throws Exception {
    JsonNode entries = json(served.get("/v1/databases/5/entries"));

    assertThat(entries).hasSize(52);
    JsonNode huge = byKey(entries).get("huge");
    assertThat(huge.get("v")).hasSize(FIELDS);
    assertThat(huge.has("b")).isFalse();
    assertThat(huge.at("/v/field-59999").asText()).isEqualTo("value 59999");
  }

  @Test
  void shouldKnowBeforeItBeginsThatALaterFieldIsNotUtf8() throws Exception {
    Bytes last = Bytes.wrap(new byte[] {(byte) 0xff});
    served.captured(keys -> keys.putField(Bytes.utf8("huge"), DataType.HASH, last, last));
    try {
      JsonNode huge = json(served.get("/v1/databases/5/entries/huge"));

      assertThat(huge.get("b").asBoolean()).isTrue();
      assertThat(huge.get("v")).hasSize(FIELDS + 1);
      assertThat(huge.at("/v/ZmllbGQtMA==").asText()).isEqualTo("dmFsdWUgMA==");
    } finally {
      served.captured(keys -> keys.removeField(Bytes.utf8("huge"), last));
    }
  }

  @Test
  void shouldSendOnlyWhatMatchesOneOfThePatterns() throws Exception {
    JsonNode entries = json(served.get(ENTRIES + "?pattern=a:*&pattern=c:%3F"));

    assertThat(entries.findValuesAsText("k")).containsExactly("a:1", "a:2", "c:1");
  }

  @ParameterizedTest
  @CsvSource({
    "gzip, gzip",
    "zstd, zstd",
    "'gzip;q=0.5, zstd;q=0.4', gzip",
    "'deflate, gzip, br, zstd', zstd"
  })
  void shouldEncodeAsAccepted(String accepted, String encoding) throws Exception {
    HttpResponse<byte[]> response =
        served.sendForBytes(
            served.request("/v1/databases/5/entries").header("Accept-Encoding", accepted));

    assertThat(header(response, "Content-Encoding")).isEqualTo(encoding);
    assertThat(header(response, "Vary")).contains("Accept-Encoding");
    byte[] plain =
        encoding.equals("gzip")
            ? new GZIPInputStream(new ByteArrayInputStream(response.body())).readAllBytes()
            : new com.github.luben.zstd.ZstdInputStream(new ByteArrayInputStream(response.body()))
                .readAllBytes();
    assertThat(json(new String(plain, StandardCharsets.UTF_8))).hasSize(52);
    assertThat(response.body().length).isLessThan(plain.length / 2);
  }

  @Test
  void shouldNotSendAgainWhatHasNotChanged() throws Exception {
    String pattern = ENTRIES + "?pattern=a:*";
    String tag = header(served.get(pattern), "ETag");

    HttpResponse<String> same = served.get(pattern, "If-None-Match", tag);
    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(same.body()).isEmpty();

    served.put("z", "{\"v\":\"does not match\"}");
    HttpResponse<String> other = served.get(pattern, "If-None-Match", "\"x\", " + tag);
    assertThat(other.statusCode()).isEqualTo(304);
    assertThat(header(other, "ETag")).isNotEqualTo(tag);
    assertThat(header(other, "ETag")).contains(header(other, "Replicator-Cursor"));

    served.put("a:1", "{\"v\":\"two\"}");
    assertThat(served.get(pattern, "If-None-Match", tag).statusCode()).isEqualTo(200);
    served.put("a:1", "{\"v\":\"one\"}");
    served.delete("z");
  }

  @Test
  void shouldNoticeADeletion() throws Exception {
    served.put("a:gone", "{\"v\":\"x\"}");
    String tag = header(served.get(ENTRIES), "ETag");
    served.delete("a:gone");

    assertThat(served.get(ENTRIES, "If-None-Match", tag).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"W/\"0000000000000001-5\"", "\"abc\"", "abc", "W/\"\"", "*"})
  void shouldSendAllWhereTheTagIsNoneOfOurs(String tag) throws Exception {
    assertThat(served.get(ENTRIES, "If-None-Match", tag).statusCode()).isEqualTo(200);
  }

  @Test
  void shouldGoFromPageToPage() throws Exception {
    List<String> keys = new ArrayList<>();
    int pages = 0;
    String path = "/v1/databases/5/entries?limit=7&pattern=[ak]*";
    while (path != null) {
      HttpResponse<String> page = served.get(path.replace("[", "%5B").replace("]", "%5D"));
      assertThat(page.statusCode()).isEqualTo(200);
      JsonNode entries = json(page);
      assertThat(entries.size()).isLessThanOrEqualTo(7);
      keys.addAll(entries.findValuesAsText("k"));
      String link = header(page, "Link");
      path = link == null ? null : link.substring(1, link.indexOf('>'));
      assertThat(header(page, "Replicator-After"))
          .isEqualTo(link == null ? null : keys.get(keys.size() - 1));
      pages++;
    }
    assertThat(keys).hasSize(51).doesNotHaveDuplicates().isSorted().startsWith("a").endsWith("k9");
    assertThat(pages).isEqualTo(8);
  }

  @Test
  void shouldMakeWhatDoesNotFitAPageOne() throws Exception {
    HttpResponse<String> first = served.get("/v1/databases/5/entries?limit=100");
    assertThat(json(first).findValuesAsText("k")).containsExactly("a");
    HttpResponse<String> second = served.get("/v1/databases/5/entries?limit=100&after=a");
    assertThat(json(second).at("/0/v")).hasSize(FIELDS);
    assertThat(header(second, "Replicator-After")).isEqualTo("huge");
    HttpResponse<String> third = served.get("/v1/databases/5/entries?limit=100&after=huge");
    assertThat(json(third)).hasSize(50);
    assertThat(header(third, "Link")).isNull();
  }

  @Test
  void shouldGoOnAfterAnyBytes() throws Exception {
    HttpResponse<String> page = served.get(ENTRIES + "?limit=3");
    assertThat(header(page, "Replicator-After")).isEqualTo("b%2F%FF");
    assertThat(json(served.get(ENTRIES + "?after=b%2F%FF")).findValuesAsText("k"))
        .containsExactly("b:1", "c:1");
  }

  @Test
  void shouldAnswerHeadWithoutABody() throws Exception {
    HttpResponse<String> head =
        served.send(served.request(ENTRIES).method("HEAD", BodyPublishers.noBody()));

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(header(head, "ETag")).isEqualTo(header(served.get(ENTRIES), "ETag"));
    assertThat(header(head, "Content-Type")).isEqualTo("application/json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/databases/none/entries | 404 | there is no database \"none\"; there is: own, 5",
        "/v1/databases//entries | 404 | nothing at",
        "/v1/databases/own/entries?patern=x | 400 | unknown parameter \"patern\"; allowed: pattern, limit, after",
        "/v1/databases/own/entries?limit=0 | 400 | allowed: a whole number from 1 to 1000000",
        "/v1/databases/own/entries?limit=x | 400 | allowed: a whole number",
        "/v1/databases/own/entries?limit=1&limit=2 | 400 | comes 2 times",
        "/v1/databases/own/entries?pattern= | 400 | a pattern of 0 bytes",
        "/v1/databases/own/entries?pattern=%zz | 400 | expected HEXDIG",
        "/v1/databases/own/entries?pattern=% | 400 | expected HEXDIG",
      })
  void shouldSayWhatIsWrong(String path, int status, String detail) throws Exception {
    String answer = served.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
    assertThat(json(answer.substring(answer.indexOf("\r\n\r\n"))).get("detail").asText())
        .contains(detail);
  }

  @Test
  void shouldBoundPatterns() throws Exception {
    assertProblem(served.get(ENTRIES + "?pattern=" + "x".repeat(1_025)), 400, "1 to 1024");
    assertProblem(
        served.get(ENTRIES + "?pattern=x" + "&pattern=x".repeat(1_000)), 400, "1001 patterns");
  }

  @Test
  void shouldRefuseOtherForms() throws Exception {
    assertProblem(served.get(ENTRIES, "Accept", "text/html"), 406, "application/x-ndjson");
    assertProblem(served.get(ENTRIES + "?limit=5", "Accept", PROTOBUF), 400, "limit");
  }

  @Test
  void shouldLetGoOfTheStateWhenTheClientGoesAway() throws Exception {
    try (var socket = served.connect()) {
      socket
          .getOutputStream()
          .write(
              "GET /v1/databases/5/entries HTTP/1.1\r\nHost: x\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readNBytes(1_000);
      socket.setSoLinger(true, 0);
    }
    await().untilAsserted(() -> assertThat(served.meter("replicator.http.loads")).isZero());
  }
}
