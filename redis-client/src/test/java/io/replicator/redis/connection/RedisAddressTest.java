package io.replicator.redis.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
  @Test
  void shouldReadEveryPart() {
    assertThat(RedisAddress.parse("rediss://user:p%40ss+w@redis.example.org:6380/3"))
        .isEqualTo(new RedisAddress("redis.example.org", 6380, true, "user", "p@ss+w", 3));
  }

  @Test
  void shouldFillInDefaults() {
    assertThat(RedisAddress.parse("localhost"))
        .isEqualTo(new RedisAddress("localhost", 6379, false, null, null, 0));
    assertThat(RedisAddress.parse("10.0.0.1:7000").port()).isEqualTo(7000);
    assertThat(RedisAddress.parse("redis://:secret@h").password()).isEqualTo("secret");
    assertThat(RedisAddress.parse("redis://secret@h").password()).isEqualTo("secret");
    assertThat(RedisAddress.parse("redis://secret@h").user()).isNull();
  }

  @Test
  void shouldNotShowCredentials() {
    assertThat(RedisAddress.parse("redis://user:secret@h:1/2")).hasToString("redis://h:1/2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://u:secret@h",
        "redis://u:secret@h:99999",
        "redis://u:secret@h/x",
        "redis://u:sec ret@h",
        "redis://",
        "redis://u:secret@h/-1"
      })
  void shouldRefuseWhatIsNoAddressWithoutShowingIt(String text) {
    assertThatThrownBy(() -> RedisAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("sec ret");
  }
}
