package io.replicator.streams.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonPaceTest {
  private final List<String> seen = new ArrayList<>();
  private final ComparisonPace pace =
      new ComparisonPace((done, total) -> seen.add(done + "/" + total));

  @Test
  void shouldCountBothSides() {
    pace.begin(100, 50);
    pace.beginListing();
    pace.listed(60, Double.NaN);
    pace.listed(40, Double.NaN);
    pace.beginListing();
    pace.listed(50, Double.NaN);
    pace.end();

    assertThat(seen).containsExactly("0/150", "60/150", "100/150", "150/150", "150/150");
  }

  @Test
  void shouldExpectAsManyKeysAsTheOtherSideHas() {
    pace.begin(-1, 100);
    pace.beginListing();
    pace.listed(80, 0.1);
    pace.listed(80, 0.9);
    pace.beginListing();
    pace.listed(50, Double.NaN);

    assertThat(seen).containsExactly("0/200", "80/200", "100/200", "150/200");
  }

  @Test
  void shouldExpectWhatTheShareTellsWhereNobodyCounts() {
    pace.begin(-1, -1);
    pace.beginListing();
    pace.listed(10, 0);
    pace.listed(10, 0.2);
    pace.listed(100, 1);
    pace.beginListing();
    pace.listed(120, 1);
    pace.end();

    assertThat(seen).containsExactly("0/0", "0/0", "20/200", "120/240", "240/240", "240/240");
  }

  @Test
  void shouldStandStillWhileWhatIsMissingIsLookedFor() {
    pace.begin(10, 10);
    for (int listing = 0; listing < 3; listing++) {
      pace.beginListing();
      pace.listed(10, Double.NaN);
    }

    assertThat(seen).containsExactly("0/20", "10/20", "20/20");
  }
}
