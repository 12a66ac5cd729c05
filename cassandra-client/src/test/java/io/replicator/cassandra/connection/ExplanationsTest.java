package io.replicator.cassandra.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.connection.ClosedConnectionException;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.servererrors.ServerError;
import com.datastax.oss.driver.api.core.servererrors.UnavailableException;
import io.replicator.cassandra.settings.CassandraTarget;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertificateExpiredException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** What the servers of the integration tests do not get into. */
class ExplanationsTest {
  private static final String PLACE = "cassandra://h:9042/k";

  private static String said(String options, Throwable failure) {
    return Explanations.explain(CassandraTarget.parse(PLACE + options), failure).getMessage();
  }

  @Test
  void shouldSayThatReplicasAreAway() {
    assertThat(said("", new UnavailableException(null, ConsistencyLevel.LOCAL_QUORUM, 2, 1)))
        .isEqualTo("too few replicas of " + PLACE + " are up for LOCAL_QUORUM");
  }

  @Test
  void shouldSayTheSameHoweverANodeDoesNotAnswer() {
    assertThat(said("", new ConnectException("refused"))).isEqualTo("no node answers at " + PLACE);
    assertThat(said("", new ClosedConnectionException("lost")))
        .isEqualTo("no node answers at " + PLACE);
    assertThat(said("", new UnknownHostException("h"))).endsWith(": unknown host h");
  }

  @Test
  void shouldTakeAWriteIntoADroppedTableForAMatterOfTables() {
    assertThat(said("", new ServerError(null, "IllegalArgumentException: Unknown CF d1d1")))
        .isEqualTo(
            said("", new InvalidQueryException(null, "IllegalArgumentException: Unknown CF d1d1")))
        .startsWith("the tables of " + PLACE);
  }

  @Test
  void shouldSayThatACertificateIsOutOfDate() {
    var expired = new SSLHandshakeException("handshake");
    expired.initCause(new CertificateExpiredException("NotAfter: yesterday"));
    assertThat(said("?tls=on", new ClosedConnectionException("closed", expired)))
        .isEqualTo(
            "no TLS connection to "
                + PLACE
                + ": a certificate is not valid today: NotAfter: yesterday");
  }
}
