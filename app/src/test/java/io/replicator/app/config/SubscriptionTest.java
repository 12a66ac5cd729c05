package io.replicator.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.replicator.replication.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionTest {
  @ParameterizedTest
  @CsvSource({
    "5, 5, 5, *",
    "5:quote:*, 5, 5, quote:*",
    "5=7, 5, 7, *",
    "5=7:a=b:c, 5, 7, a=b:c",
    "quotes=3:x?, quotes, 3, x?"
  })
  void shouldReadDatabaseTargetAndGlob(String text, String database, String target, String glob) {
    Subscription subscription = Subscription.parse(text);

    assertThat(subscription.database()).isEqualTo(database);
    assertThat(subscription.target()).isEqualTo(target);
    assertThat(subscription.glob().pattern()).isEqualTo(Bytes.utf8(glob));
  }

  @Test
  void shouldLetABackslashCommaMatchAComma() {
    assertThat(Subscription.parse("5:a\\,b").glob().matches(Bytes.utf8("a,b"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "5:", "=5", "5=", "5=6=7", "a b", "a/b:*"})
  void shouldRefuseOtherForms(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Subscription.parse(text));
  }
}
