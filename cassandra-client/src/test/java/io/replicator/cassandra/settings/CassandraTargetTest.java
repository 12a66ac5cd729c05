package io.replicator.cassandra.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.cassandra.settings.CassandraTarget.Consistency;
import io.replicator.replication.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CassandraTargetTest {
  @Test
  void shouldReadAllParts() {
    CassandraTarget target =
        CassandraTarget.parse(
            "cassandra://joe:p%40ss@10.0.0.1:9043,node2/copies?dc=dc1&database=5"
                + "&replication=dc1:3,dc2:2&consistency=quorum&create=off&large=big:*,idx:?"
                + "&value-max=1000&timeout=500&tls-ca=/ca.pem");
    assertThat(target.contactPoints()).hasSize(2);
    assertThat(target.contactPoints().get(0).getPort()).isEqualTo(9043);
    assertThat(target.contactPoints().get(1).getPort()).isEqualTo(9042);
    assertThat(target.keyspace()).isEqualTo("copies");
    assertThat(target.username()).isEqualTo("joe");
    assertThat(target.password()).isEqualTo("p@ss");
    assertThat(target.dataCenter()).isEqualTo("dc1");
    assertThat(target.database()).isEqualTo(5);
    assertThat(target.replication())
        .isEqualTo("{'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}");
    assertThat(target.consistency()).isEqualTo(Consistency.QUORUM);
    assertThat(target.create()).isFalse();
    assertThat(target.large()).hasSize(2);
    assertThat(target.large().get(1).matches(Bytes.utf8("idx:1"))).isTrue();
    assertThat(target.valueBytesMax()).isEqualTo(1000);
    assertThat(target.requestTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(target.tls().authorities()).isEqualTo("/ca.pem");
  }

  @Test
  void shouldHaveDefaultsForEverythingButHostAndKeyspace() {
    CassandraTarget target = CassandraTarget.parse("cassandra://localhost/replicator");
    assertThat(target.consistency()).isEqualTo(Consistency.LOCAL_QUORUM);
    assertThat(target.create()).isTrue();
    assertThat(target.tls()).isNull();
    assertThat(target.database()).isEqualTo(-1);
    assertThat(target.replicationOrDefault()).contains("SimpleStrategy");
  }

  @Test
  void shouldNotShowCredentials() {
    assertThat(CassandraTarget.parse("cassandra://joe:secret@h/k"))
        .hasToString("cassandra://h:9042/k");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cassandra://host|KEYSPACE",
        "cassandra:///ks|KEYSPACE",
        "cassandra://host/1ks|letters, digits",
        "cassandra://host:0/ks|1 to 65535",
        "cassandra://joe@host/ks|PASSWORD",
        "cassandra://host/ks?dcc=1|not dcc",
        "cassandra://host/ks?consistency=TWO|LOCAL_QUORUM",
        "cassandra://host/ks?create=yes|create=on",
        "cassandra://host/ks?database=x|0 to 9999",
        "cassandra://host/ks?replication=many|replication=3"
      })
  void shouldSayWhatIsAllowed(String uri, String allowed) {
    assertThatThrownBy(() -> CassandraTarget.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(allowed);
  }
}
