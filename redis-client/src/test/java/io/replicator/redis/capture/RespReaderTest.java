package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Bytes;
import java.io.EOFException;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RespReaderTest {
  private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nbc\r\n";

  @Test
  void shouldReadACommandHoweverItIsCutIntoChunks() throws IOException {
    for (int cut = 1; cut < SET.length(); cut++) {
      RespReader reader = reader(100, SET.substring(0, cut), SET.substring(cut));
      Command command = reader.next();
      assertThat(command.args()).containsExactly(bytes("SET"), bytes("k"), bytes("a\r\nbc"));
      assertThat(command.endOffset()).isEqualTo(100 + SET.length());
    }
  }

  @Test
  void shouldReportTheEndInTheMiddleOfACommandWherever() {
    for (int cut = 1; cut < SET.length(); cut++) {
      RespReader reader = reader(0, SET.substring(0, cut));
      assertThatThrownBy(reader::next).as("cut at %d", cut).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void shouldCountEveryByteIntoTheOffset() throws IOException {
    RespReader reader = reader(7, "\n\r\nPING\r\n" + SET + "\n", SET);
    Command ping = reader.next();
    assertThat(ping.args()).containsExactly(bytes("PING"));
    assertThat(ping.endOffset()).isEqualTo(7 + 9);
    assertThat(reader.next().endOffset()).isEqualTo(7 + 9 + SET.length());
    assertThat(reader.next().endOffset()).isEqualTo(7 + 9 + SET.length() + 1 + SET.length());
  }

  @Test
  void shouldPassOverAnArgumentThatIsOverTheLimit() throws IOException {
    RespReader reader = new RespReader(source(SET + SET), 0, 4);
    Command command = reader.next();
    assertThat(command.oversizeBytes()).isEqualTo(5);
    assertThat(command.args()).containsExactly(bytes("SET"), bytes("k"), Bytes.EMPTY);
    assertThat(reader.next().endOffset()).isEqualTo(2L * SET.length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*0\r\n",
        "*-1\r\n",
        "*1048577\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$536870913\r\n",
        "*1\r\n$99999999999999999999\r\n",
        "*1\r\n:1\r\n",
        "*x\r\n",
        "*1\r\n$1\r\nab\r\n",
        "\u0001"
      })
  void shouldRefuseWhatIsNoCommand(String text) {
    assertThatThrownBy(() -> reader(0, text).next()).isInstanceOf(StreamCorruptedException.class);
  }

  private static RespReader reader(long offset, String... chunks) {
    return new RespReader(source(chunks), offset, 1 << 20);
  }

  private static ByteReader source(String... chunks) {
    Deque<Bytes> queue =
        new ArrayDeque<>(Arrays.stream(chunks).map(RespReaderTest::bytes).toList());
    return new ByteReader(
        new ByteReader.ChunkSource() {
          @Override
          public Bytes next() {
            return queue.poll();
          }

          @Override
          public boolean ready() {
            return true;
          }
        });
  }

  private static Bytes bytes(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
