package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WrongUseTest {
  /** What is typed, and what the one line must name: option, value, what is allowed. */
  static Stream<Arguments> shouldEndWithTwoAndOneLineThatNamesWhatIsWrong() {
    return Stream.of(
        wrong("", "no command given", "demo, hub, client, status, verify"),
        wrong("hubb", "hubb", "client, demo, hub, status, verify"),
        wrong("--foo", "--foo", "--version"),
        wrong("hub", "--databases", "5,0,3"),
        wrong("hub --foo", "--foo", "--capture"),
        wrong("hub --foo=7 --databases 5", "--foo", "--capture"),
        wrong("hub --databases", "--databases", "LIST"),
        wrong("hub --databases 5 extra", "extra", "--capture"),
        wrong("hub --databases 5 --databases 6", "--databases", "once"),
        wrong("hub --databases 5,,6", "--databases", "5,,6", "0 to 9999"),
        wrong("hub --databases five", "--databases", "five", "0 to 9999"),
        wrong("hub --databases 10000", "--databases", "10000", "0 to 9999"),
        wrong("hub --databases -1", "--databases"),
        wrong("hub --databases 05", "--databases", "05", "0 to 9999"),
        wrong("hub --databases 5,0,5", "--databases", "\"5\"", "each once"),
        wrong("hub --databases 5:fast", "--databases", "5:fast", "realtime, high, low, idle"),
        wrong("hub --databases 5:REALTIME", "5:REALTIME", "realtime, high, low, idle"),
        wrong("hub --databases 5 --plaindb 6", "--plaindb", "\"6\"", "all, or databases"),
        wrong("hub --databases 5 --embedded 5", "--embedded", "\"5\"", "--databases"),
        wrong("hub --embedded a/b", "--embedded", "a/b", "letters"),
        wrong("hub --databases 5 --hub 3333", "--hub", "3333", "HOST:PORT"),
        wrong("hub --databases 5 --hub :65536", "--hub", ":65536", "0 to 65535"),
        wrong("hub --databases 5 --hub a:b:1", "--hub", "a:b:1", "HOST:PORT"),
        wrong("hub --databases 5 --http no", "--http", "no", "or off"),
        wrong("hub --databases 5 --redis 127.0.0.1", "--redis", "127.0.0.1", "HOST:PORT"),
        wrong("hub --databases 5 --redis h:0", "--redis", "h:0", "1 to 65535"),
        wrong("hub --databases 5 --redis h:1,,h:2", "--redis", "h:1,,h:2", "HOST:PORT"),
        wrong("hub --databases 5 --capture versioned", "--capture", "versioned", "psync"),
        wrong("hub --databases 5 --capture notifications", "--capture", "notifications", "psync"),
        wrong("hub --databases 5 --capture magic", "--capture", "magic", "auto, psync"),
        wrong("hub --databases 5 --tls-ca /no/such.pem", "--tls-ca", "/no/such.pem", "PEM"),
        wrong("hub --databases 5 --nowait=7", "--nowait", "7"),
        wrong("hub --databases 5 --config /no/such.conf", "--config", "/no/such.conf", "HOCON"),
        wrong("-server -databases 5:x", "--databases", "5:x", "realtime"),
        wrong("client --hub h", "--hub", "\"h\"", "HOST:PORT"),
        wrong("client --hub h:1,g", "--hub", "\"g\"", "HOST:PORT"),
        wrong("client --to cassandra://h:9042", "--to", "cassandra://h:9042", "/KEYSPACE"),
        wrong("client --to http://h", "--to", "http://h", "redis://"),
        wrong("client --to redis://h/3", "--to", "redis://h/3", "DB=TARGET"),
        wrong("client --to redis://h:70000", "--to", "redis://h:70000", "redis://"),
        wrong("client --subscribe 5:", "--subscribe", "5:", "DB:GLOB"),
        wrong("client --subscribe :a", "--subscribe", ":a", "DB:GLOB"),
        wrong("client --subscribe 5=", "--subscribe", "5=", "DB=TARGET"),
        wrong("client --subscribe quotes", "--subscribe", "quotes", "DB=TARGET"),
        wrong("client --subscribe 5=7,0=7", "--subscribe", "=7", "one database per TARGET"),
        wrong("client --subscribe 5=7,5=8:a*", "--subscribe", "5=8", "one TARGET per database"),
        wrong("status --http off", "--http", "off", "HOST:PORT"),
        wrong("verify", "--from", "URI"),
        wrong("verify --from redis://h", "--to", "URI"),
        wrong("verify --from h --to redis://h", "--from", "\"h\"", "redis://"),
        wrong("verify --from redis://h/x --to redis://h", "--from", "redis://h/x", "0 to 9999"),
        wrong("verify --from redis://h --to cassandra://h", "--to", "cassandra://h", "/KEYSPACE"),
        wrong(
            "verify --from redis://h --to cassandra://h/k?database=x",
            "--to",
            "database=x",
            "0 to 9999"),
        wrong("verify --from cassandra://h/k?db=1 --to redis://h", "--from", "database", "db"));
  }

  @ParameterizedTest
  @MethodSource
  void shouldEndWithTwoAndOneLineThatNamesWhatIsWrong(List<String> args, List<String> named) {
    CommandRun run = CommandRun.of(args.toArray(String[]::new));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("replicator").endsWith("\n").contains(named);
    assertThat(run.err().lines()).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("passwords")
  void shouldNotRepeatPasswords(String args) {
    CommandRun run = CommandRun.of(args.split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).doesNotContain("secret");
  }

  static Stream<String> passwords() {
    return Stream.of(
        "client --to redis://u:secret@h:99999",
        "client --to redis://u:sec/secret@h",
        "client --to http://u:secret@h",
        "verify --from redis://u:secret@h/x --to redis://h");
  }

  private static Arguments wrong(String args, String... named) {
    return arguments(args.isEmpty() ? List.of() : List.of(args.split(" ")), List.of(named));
  }
}
