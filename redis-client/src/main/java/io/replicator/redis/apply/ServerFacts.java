package io.replicator.redis.apply;

import io.replicator.replication.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What INFO tells about a target.
 *
 * @param runId random id of this run of the server
 * @param version of Redis, or the one that a descendant is compatible with
 * @param readOnlyReplica whether it copies another server and refuses writes
 * @param master of a replica, else empty
 * @param databases the numbers of those that hold keys
 */
record ServerFacts(
    String runId, String version, boolean readOnlyReplica, String master, Set<Integer> databases) {
  static ServerFacts parse(Bytes text) {
    Map<String, String> facts = new HashMap<>();
    Set<Integer> databases = new TreeSet<>();
    for (String line : text.asUtf8().split("\r?\n", -1)) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        continue;
      }
      String name = line.substring(0, colon);
      if (name.matches("db\\d{1,7}")) {
        databases.add(Integer.parseInt(name.substring(2)));
      } else {
        facts.put(name, line.substring(colon + 1));
      }
    }
    boolean replica = "slave".equals(facts.get("role"));
    return new ServerFacts(
        facts.getOrDefault("run_id", ""),
        facts.getOrDefault("redis_version", ""),
        replica && !"0".equals(facts.get("slave_read_only")),
        replica ? facts.get("master_host") + ":" + facts.get("master_port") : "",
        databases);
  }
}
