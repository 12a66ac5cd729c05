package io.replicator.http.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryParserTest {
  private static final Bytes KEY = Bytes.utf8("k");
  private static final long NOW_MS = 1_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"v\":\"x\"} | STRING",
        "{\"v\":{\"f\":\"x\"}} | HASH",
        "{\"v\":[\"x\"]} | LIST",
        "{\"v\":[\"x\"],\"y\":\"set\"} | SET",
        "{\"y\":\"zset\",\"v\":[[\"x\",1e3]]} | ZSET",
        "{\"y\":\"stream\",\"v\":[[\"1-2\",{\"n\":\"x\"}],[\"1-3\",[\"n\",\"x\",\"n\",\"y\"]]]} | STREAM",
        "{\"k\":\"k\",\"v\":\"\",\"b\":false} | STRING",
      })
  void shouldTakeTheTypeFromTheMemberOrTheForm(String body, DataType type) throws Exception {
    assertThat(parse(body).type()).isEqualTo(type);
  }

  @Test
  void shouldCountTheTimeToLiveFromNow() throws Exception {
    assertThat(parse("{\"v\":\"x\",\"t\":500}").expiresAtMs()).isEqualTo(1_500);
    assertThat(parse("{\"v\":\"x\"}").expiresAtMs()).isZero();
  }

  @Test
  void shouldTakeAnyBytesAsBase64() throws Exception {
    Entry entry = parse("{\"b\":true,\"k\":\"aw==\",\"v\":{\"/w==\":\"AA==\"}}");

    assertThat(entry.fields())
        .containsOnly(
            java.util.Map.entry(Bytes.wrap(new byte[] {(byte) 0xff}), Bytes.wrap(new byte[] {0})));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"v\":\"x\" | 1 | 9 | no JSON",
        "[] | 1 | 1 | an object with the members",
        "{} | 0 | 0 | \"v\", the value, is missing",
        "{\"v\":5} | 1 | 6 | text, an object or an array",
        "{\"v\":null} | 1 | 6 | text, an object or an array",
        "{\"v\":{}} | 1 | 7 | an empty hash does not exist",
        "{\"v\":[],\"y\":\"list\"} | 1 | 7 | an empty list does not exist",
        "{\"v\":{\"f\":1}} | 1 | 11 | text as the value of a field",
        "{\"v\":{\"f\":\"1\",\"f\":\"2\"}} | 1 | 18 | Duplicate",
        "{\"v\":\"a\",\"v\":\"b\"} | 1 | 13 | Duplicate",
        "{\"v\":[\"m\",\"m\"],\"y\":\"set\"} | 1 | 11 | comes twice",
        "{\"v\":[[\"m\"]],\"y\":\"zset\"} | 1 | 11 | [member, score]",
        "{\"v\":[[\"m\",\"nan\"]],\"y\":\"zset\"} | 1 | 12 | [member, score]",
        "{\"v\":[[\"m\",1e999]],\"y\":\"zset\"} | 1 | 12 | a score that a double can hold",
        "{\"v\":[[\"5\",[\"n\",\"v\"]]],\"y\":\"stream\"} | 1 | 8 | ms-seq",
        "{\"v\":[[\"5-1\",[\"n\"]]],\"y\":\"stream\"} | 1 | 14 | names and values in turn",
        "{\"v\":[[\"5-1\",[]]],\"y\":\"stream\"} | 1 | 14 | names and values in turn",
        "{\"v\":[[\"99999999999999999999-1\",[\"n\",\"v\"]]],\"y\":\"stream\"} | 1 | 8 | 2^64",
        "{\"v\":\"x\",\"y\":\"opaque\"} | 1 | 14 | string, list, hash, set, zset or stream",
        "{\"v\":\"x\",\"t\":0} | 1 | 14 | milliseconds from 1",
        "{\"v\":\"x\",\"t\":1.5} | 1 | 14 | milliseconds from 1",
        "{\"v\":\"x\",\"t\":99999999999999999999} | 1 | 14 | milliseconds from 1",
        "{\"v\":\"x\",\"b\":1} | 1 | 14 | true or false",
        "{\"v\":\"%\",\"b\":true} | 1 | 6 | base64",
        "{\"v\":\"x\",\"w\":1} | 1 | 14 | unknown member \"w\"",
        "{\"v\":\"x\",\"k\":\"other\"} | 0 | 0 | another key",
        "{\"v\":\"x\"} {} | 1 | 11 | nothing after the object",
        "{\"v\":\"\\ud800\"} | 1 | 6 | surrogate",
        "{\"v\":[[[[[[[[[[[\"deep\"]]]]]]]]]]]} | 0 | 0 | no JSON",
      })
  void shouldSayWhatIsWrongAndWhere(String body, int line, int column, String why) {
    var malformed = catchThrowableOfType(MalformedEntryException.class, () -> parse(body));

    assertThat(malformed).isNotNull().hasMessageContaining(why);
    assertThat(malformed.line()).isEqualTo(line);
    assertThat(malformed.column()).isEqualTo(column);
  }

  @Test
  void shouldRefuseTextThatIsNotUtf8() {
    byte[] body = {'{', '"', 'v', '"', ':', '"', (byte) 0xff, '"', '}'};

    var malformed =
        catchThrowableOfType(
            MalformedEntryException.class, () -> EntryParser.parse(KEY, body, NOW_MS));

    assertThat(malformed).isNotNull().hasMessageContaining("UTF-8");
  }

  private static Entry parse(String body) throws MalformedEntryException {
    return EntryParser.parse(KEY, body.getBytes(StandardCharsets.UTF_8), NOW_MS);
  }
}
