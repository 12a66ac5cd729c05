package io.replicator.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;

final class KeyGlobTest {
  @Example
  void shouldMatchWhatTheManualOfRedisSays() {
    assertMatches("h?llo", "hello", "hallo", "hxllo");
    assertNoMatch("h?llo", "hllo", "heello");
    assertMatches("h*llo", "hllo", "heeeello");
    assertMatches("h[ae]llo", "hello", "hallo");
    assertNoMatch("h[ae]llo", "hillo");
    assertMatches("h[^e]llo", "hallo", "hbllo");
    assertNoMatch("h[^e]llo", "hello");
    assertMatches("h[a-b]llo", "hallo", "hbllo");
    assertNoMatch("h[a-b]llo", "hcllo");
    assertMatches("h\\*llo", "h*llo");
    assertNoMatch("h\\*llo", "hello");
  }

  @Example
  void shouldTreatOddPatternsAsRedisDoes() {
    assertMatches("[b-a]", "a", "b");
    assertMatches("[abc", "a", "c");
    assertMatches("[^abc", "d");
    assertNoMatch("[^abc", "a", "");
    assertNoMatch("[", "[", "");
    assertMatches("[^", "x");
    assertNoMatch("[]a]", "]", "a", "]a]");
    assertMatches("[\\]a]", "]", "a");
    assertMatches("[a\\-c]", "a", "-", "c");
    assertNoMatch("[a\\-c]", "b");
    assertMatches("a\\", "a\\");
    assertMatches("**a***", "a", "bab");
    assertMatches("", "");
    assertNoMatch("", "a");
  }

  @Example
  void shouldMatchEveryByte() {
    for (int b = 0; b < 256; b++) {
      Bytes key = Bytes.wrap(new byte[] {'k', (byte) b});
      assertThat(KeyGlob.of("k?").matches(key)).isTrue();
      assertThat(KeyGlob.of("k*").matches(key)).isTrue();
      Bytes low = Bytes.wrap(new byte[] {'k', '[', 0, '-', (byte) 0xff, ']'});
      assertThat(KeyGlob.of(low).matches(key)).as("bytes are unsigned").isTrue();
    }
  }

  @Example
  void shouldKnowWhatEveryMatchBeginsWith() {
    assertThat(KeyGlob.of("user:*").literalPrefix()).isEqualTo(Bytes.utf8("user:"));
    assertThat(KeyGlob.of("user").literalPrefix()).isEqualTo(Bytes.utf8("user"));
    assertThat(KeyGlob.of("a\\*b").literalPrefix()).isEqualTo(Bytes.utf8("a*b"));
    assertThat(KeyGlob.of("\\a\\[*\\b").literalPrefix()).isEqualTo(Bytes.utf8("a["));
    assertThat(KeyGlob.of("a\\").literalPrefix()).isEqualTo(Bytes.utf8("a\\"));
    assertThat(KeyGlob.of("*").literalPrefix()).isEqualTo(Bytes.EMPTY);
    assertThat(KeyGlob.of("*").matchesAll()).isTrue();
    assertThat(KeyGlob.of("?*").matchesAll()).isFalse();
  }

  @Example
  void shouldTellWhetherOneKeyAloneMatches() {
    for (String literal : List.of("", "user", "a\\*b", "a\\", "]^-")) {
      assertThat(KeyGlob.of(literal).isLiteral()).as(literal).isTrue();
    }
    for (String open : List.of("*", "user?", "a\\\\*", "[a]", "a\\*[")) {
      assertThat(KeyGlob.of(open).isLiteral()).as(open).isFalse();
    }
  }

  @Property(tries = 2_000)
  void theLiteralGlobOfAKeyMatchesItAlone(
      @ForAll("patterns") String key, @ForAll("keys") String other) {
    KeyGlob glob = KeyGlob.literal(latin1(key));
    assertThat(glob.isLiteral()).isTrue();
    assertThat(glob.literalPrefix()).isEqualTo(latin1(key));
    assertThat(glob.matches(latin1(key))).isTrue();
    assertThat(glob.matches(latin1(other))).isEqualTo(key.equals(other));
    assertThat(glob.matches(latin1(key + "a"))).isFalse();
  }

  @Property(tries = 20_000)
  void aLiteralGlobMatchesItsPrefixAlone(
      @ForAll("patterns") String pattern, @ForAll("keys") String key) {
    KeyGlob glob = KeyGlob.of(latin1(pattern));
    if (glob.isLiteral()) {
      assertThat(glob.matches(glob.literalPrefix())).isTrue();
      assertThat(glob.matches(latin1(key))).isEqualTo(glob.literalPrefix().equals(latin1(key)));
    }
  }

  @Example
  void shouldTakeNoExponentialTimeForNestedStars() {
    KeyGlob glob = KeyGlob.of("a*".repeat(60) + "b");
    Bytes key = Bytes.utf8("a".repeat(5_000));
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(glob.matches(key)).isFalse());
  }

  @Example
  void shouldIncludeWhatMatchesOneGlobAndExcludeWhatMatchesAnother() {
    var filter =
        new KeyFilter(List.of(KeyGlob.of("a*"), KeyGlob.of("b*")), List.of(KeyGlob.of("*x")));
    assertThat(filter.matches(Bytes.utf8("a1"))).isTrue();
    assertThat(filter.matches(Bytes.utf8("b1"))).isTrue();
    assertThat(filter.matches(Bytes.utf8("bx"))).isFalse();
    assertThat(filter.matches(Bytes.utf8("c"))).isFalse();
    assertThat(filter.matchesAll()).isFalse();
    assertThat(KeyFilter.ALL.matchesAll()).isTrue();
  }

  @Property(tries = 20_000)
  void matchesWhatTheRecursiveDefinitionMatches(
      @ForAll("patterns") String pattern, @ForAll("keys") String key) {
    boolean expected = RecursiveGlob.matches(pattern, key);
    assertThat(KeyGlob.of(latin1(pattern)).matches(latin1(key)))
        .as("pattern <%s> key <%s>", pattern, key)
        .isEqualTo(expected);
  }

  @Property(tries = 2_000)
  void aMatchBeginsWithTheLiteralPrefix(
      @ForAll("patterns") String pattern, @ForAll("keys") String key) {
    KeyGlob glob = KeyGlob.of(latin1(pattern));
    if (glob.matches(latin1(key))) {
      assertThat(latin1(key).startsWith(glob.literalPrefix())).isTrue();
    }
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("ab*?[]^-\\c\u00e9").ofMaxLength(10);
  }

  @Provide
  Arbitrary<String> keys() {
    return Arbitraries.strings().withChars("abc]^-\\*\u00e9").ofMinLength(1).ofMaxLength(8);
  }

  private static void assertMatches(String pattern, String... keys) {
    for (String key : keys) {
      assertThat(KeyGlob.of(pattern).matches(Bytes.utf8(key))).as(pattern + " " + key).isTrue();
    }
  }

  private static void assertNoMatch(String pattern, String... keys) {
    for (String key : keys) {
      assertThat(KeyGlob.of(pattern).matches(Bytes.utf8(key))).as(pattern + " " + key).isFalse();
    }
  }

  private static Bytes latin1(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
