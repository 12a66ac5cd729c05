package io.replicator.replication;

import static io.replicator.replication.Batches.at;
import static io.replicator.replication.Batches.between;
import static io.replicator.replication.Batches.delta;
import static io.replicator.replication.Batches.loading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

final class CursorTest {
  @Example
  void shouldTellWhatABatchBelongsToByItsCursors() {
    Batch first = between(Cursor.NOTHING, loading(9, "m"), false);
    assertThat(first.beginsLoad()).isTrue();
    assertThat(first.ofLoad()).isTrue();
    assertThat(first.endsLoad()).isFalse();

    Batch last = between(loading(9, "m"), at(9), false);
    assertThat(last.beginsLoad()).isFalse();
    assertThat(last.ofLoad()).isTrue();
    assertThat(last.endsLoad()).isTrue();

    Batch whole = between(Cursor.NOTHING, at(9), true);
    assertThat(whole.beginsLoad() && whole.endsLoad()).isTrue();

    Batch delta = delta(9, 10, true);
    assertThat(delta.ofLoad() || delta.beginsLoad() || delta.endsLoad()).isFalse();
  }

  @Example
  void shouldRefuseCursorsAndBatchesThatLeadNowhere() {
    assertThatThrownBy(() -> at(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> between(at(1), Cursor.NOTHING, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void shouldKeepCodesThatAreStoredAndSent() {
    assertThat(Arrays.stream(DataType.values()).map(DataType::code))
        .containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(Arrays.stream(QosLevel.values()).map(QosLevel::code)).containsExactly(0, 1, 2, 3);
    for (DataType type : DataType.values()) {
      assertThat(DataType.of(type.code())).isEqualTo(type);
    }
    for (QosLevel level : QosLevel.values()) {
      assertThat(QosLevel.of(level.code())).isEqualTo(level);
    }
    assertThatThrownBy(() -> DataType.of(8)).hasMessageContaining("8");
    assertThatThrownBy(() -> DataType.of(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> QosLevel.of(4)).hasMessageContaining("4");
  }

  @Property
  void anEpochIsWhatItsTextSays(@ForAll long id) {
    assertThat(Epoch.parse(new Epoch(id).toString())).isEqualTo(new Epoch(id));
    assertThat(new Epoch(id).toString()).hasSize(16);
  }
}
