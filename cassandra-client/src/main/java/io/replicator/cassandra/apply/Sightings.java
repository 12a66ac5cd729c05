package io.replicator.cassandra.apply;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who else writes to one database: clients whose beat was seen to go on. One whose beat stands
 * still has ended, and only its row is left for a while; so a client that is killed and started
 * again does not take its own past for somebody else. Mutable; guarded by its owner.
 */
final class Sightings {
  private final String self;
  private Map<String, Long> beats = Map.of();
  private Set<String> alive = Set.of();
  private final Set<String> reported = new HashSet<>();

  /**
   * @param self this client's id
   */
  Sightings(String self) {
    this.self = self;
  }

  /**
   * What the table says now.
   *
   * @param now beats by client
   * @return clients that are alive and were not reported yet
   */
  List<String> seen(Map<String, Long> now) {
    Set<String> beating = new HashSet<>();
    List<String> news = new ArrayList<>();
    now.forEach(
        (client, beat) -> {
          Long before = beats.get(client);
          if (!client.equals(self) && before != null && beat > before) {
            beating.add(client);
            if (reported.add(client)) {
              news.add(client);
            }
          }
        });
    beats = new HashMap<>(now);
    alive = beating;
    return news;
  }

  /** How many others were alive when it was looked last. */
  int others() {
    return alive.size();
  }
}
