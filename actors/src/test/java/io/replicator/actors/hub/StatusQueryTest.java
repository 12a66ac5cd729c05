package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.actors.hub.StatusQuery.Sort;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusQueryTest {
  private static final List<SessionStatus> SESSIONS =
      List.of(
          SessionStatuses.live(1, 5),
          SessionStatuses.behind(2, 9_000),
          SessionStatuses.live(3, 700),
          SessionStatuses.stalled(4),
          SessionStatuses.session(5, "Berlin", "loading", SessionStatuses.lane("7", 60_000)));

  @Test
  void shouldPutThoseFirstThatFallBehind() {
    assertThat(found(new StatusQuery(10, Sort.LAG, ""))).containsExactly(4L, 2L, 5L, 3L, 1L);
  }

  @Test
  void shouldSortByNumberAndByName() {
    assertThat(found(new StatusQuery(10, Sort.ID, ""))).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(found(new StatusQuery(10, Sort.CLIENT, ""))).containsExactly(5L, 1L, 2L, 3L, 4L);
  }

  @ParameterizedTest
  @CsvSource({"berlin, 5", "CLIENT-3, 3", "test:4, 4", "behind, 2", "2, 2", "7, 5", "nobody,"})
  void shouldSearchWhatPeopleSee(String search, Long found) {
    assertThat(found(new StatusQuery(10, Sort.ID, search)))
        .isEqualTo(found == null ? List.of() : List.of(found));
  }

  @Test
  void shouldShowNoMoreThanAskedFor() {
    var query = new StatusQuery(2, Sort.LAG, "");

    assertThat(query.shown(query.found(SESSIONS)))
        .extracting(SessionStatus::id)
        .containsExactly(4L, 2L);
  }

  @Test
  void shouldShowTheLanesThatLagMostOfASessionWithVeryMany() {
    LaneStatus[] lanes =
        IntStream.range(0, 500)
            .mapToObj(i -> SessionStatuses.lane("db" + i, i))
            .toArray(LaneStatus[]::new);
    List<SessionStatus> sessions = List.of(SessionStatuses.session(1, "many", "live", lanes));

    SessionStatus shown = StatusQuery.DEFAULT.shown(sessions).get(0);

    assertThat(shown.laneCount()).isEqualTo(500);
    assertThat(shown.lanes()).hasSize(StatusQuery.LANES_SHOWN);
    assertThat(shown.lanes().get(0).lagMs()).isEqualTo(499);
  }

  @Test
  void shouldRefuseMoreThanIsBounded() {
    assertThatThrownBy(() -> new StatusQuery(1_001, Sort.LAG, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1001 sessions; allowed are 0 to 1000");
    assertThatThrownBy(() -> new StatusQuery(1, Sort.LAG, "x".repeat(201)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed are 200");
  }

  private static List<Long> found(StatusQuery query) {
    return query.found(SESSIONS).stream().map(SessionStatus::id).toList();
  }
}
