package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.datastax.oss.driver.api.core.CqlSession;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Epoch;
import io.replicator.streams.HubIdentity;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import io.replicator.testkit.TestAuthority;
import io.replicator.testkit.cassandra.CassandraServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that wants names and passwords, and has a second port that wants TLS with certificates
 * of both sides.
 */
class SecuredTargetIT {
  /** Of all that may make one, since making one takes seconds. */
  private static final String SHARED = "secured_it";

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  @TempDir static Path files;
  private static TestAuthority trusted;
  private static TestAuthority unknown;
  private static CassandraServer server;
  private static CqlSession admin;
  private static int tlsPort;

  private final int database = NUMBERS.incrementAndGet();
  private final List<CassandraSink> sinks = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    trusted = TestAuthority.create(files, "trusted").issue("server", "ip:127.0.0.1");
    trusted.issue("client");
    unknown = TestAuthority.create(files, "unknown").issue("other");
    try (var socket = new ServerSocket(0)) {
      tlsPort = socket.getLocalPort();
    }
    server =
        CassandraServer.start(
            "authenticator: PasswordAuthenticator",
            "authorizer: CassandraAuthorizer",
            "role_manager: CassandraRoleManager",
            "permissions_validity: 0ms",
            "roles_validity: 0ms",
            "credentials_validity: 0ms",
            // So that there is an address that no certificate names.
            "rpc_address: 0.0.0.0",
            "broadcast_rpc_address: 127.0.0.1",
            "native_transport_port_ssl: " + tlsPort,
            "client_encryption_options: {enabled: true, require_client_auth: true, keystore: \""
                + trusted.keyStore("server")
                + "\", keystore_password: "
                + TestAuthority.PASSWORD
                + ", truststore: \""
                + trusted.trustStore()
                + "\", truststore_password: "
                + TestAuthority.PASSWORD
                + "}");
    // The first role is made some moments after the start.
    admin =
        Awaitility.await("the first role")
            .atMost(Duration.ofMinutes(1))
            .ignoreExceptions()
            .until(SecuredTargetIT::connectAdmin, session -> true);
  }

  private static CqlSession connectAdmin() {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
        .withLocalDatacenter(CassandraServer.DATA_CENTER)
        .withAuthCredentials("cassandra", "cassandra")
        .build();
  }

  @AfterAll
  static void stop() {
    if (admin != null) {
      admin.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void closeSinks() {
    sinks.forEach(sink -> SinkFixture.await(sink.close()));
  }

  private CassandraSink sink(String uri) {
    var sink = new CassandraSink(CassandraTarget.parse(uri), Map.of("0", database));
    sinks.add(sink);
    return sink;
  }

  private CassandraSink plain(String credentials, String keyspace, String options) {
    return sink(
        "cassandra://" + credentials + "127.0.0.1:" + server.port() + "/" + keyspace + options);
  }

  private CassandraSink tls(String host, int port, String options) {
    return sink(
        "cassandra://cassandra:cassandra@" + host + ":" + port + "/" + SHARED + "?" + options);
  }

  private static String ca(TestAuthority authority) {
    return "tls-ca=" + authority.certificate();
  }

  /** As a client does for each session. */
  private static void open(CassandraSink sink) {
    SinkFixture.await(sink.connect());
    SinkFixture.await(sink.cursors());
    SinkFixture.await(
        sink.open(new HubIdentity("hub", new Epoch(1), List.of()), List.of(SinkFixture.FEED)));
  }

  private static String failure(CassandraSink sink) {
    return catchThrowableOfType(CassandraFailedException.class, () -> open(sink)).getMessage();
  }

  private List<String> strings(String keyspace) {
    return admin
        .execute(
            "SELECT key, value FROM "
                + keyspace
                + ".strings WHERE database = "
                + database
                + " ALLOW FILTERING")
        .map(row -> row.getString(0) + "=" + row.getString(1))
        .all();
  }

  @Test
  void shouldSayThatCredentialsAreWrongOrMissing() {
    assertThat(failure(plain("reader:wrong@", "none", "")))
        .contains("refuses user reader: ")
        .doesNotContain("wrong@");
    assertThat(failure(plain("", "none", "")))
        .contains("refuses clients without credentials")
        .contains("USER:PASSWORD@");
  }

  @Test
  void shouldSayThatCredentialsHaveBecomeWrongAndGoOnWhenTheyAreRight() throws IOException {
    admin.execute(
        "CREATE ROLE changing WITH PASSWORD = 'pw' AND LOGIN = true AND SUPERUSER = true");
    try (var link = LinkEmulator.to(server.port(), LinkConditions.UNLIMITED)) {
      CassandraSink sink = sink("cassandra://changing:pw@127.0.0.1:" + link.port() + "/" + SHARED);
      open(sink);
      SinkFixture.apply(sink, load(string("a", "1")));
      admin.execute("ALTER ROLE changing WITH LOGIN = false");
      // Connections that are open stay so: none comes about any more.
      link.reset();
      Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> sink.nodesUp() == 0);
      assertThatThrownBy(() -> SinkFixture.apply(sink, delta(100, string("a", "2"))))
          .isInstanceOf(CassandraFailedException.class);
      assertThat(failure(sink)).contains("refuses user changing: ", "not permitted to log in");
      admin.execute("ALTER ROLE changing WITH LOGIN = true");
      open(sink);
      SinkFixture.apply(sink, delta(100, string("a", "2")));
      assertThat(strings(SHARED)).containsExactly("a=2");
    }
  }

  @Test
  void shouldNameTheScriptWhereItMayNotCreateAndGoOnWhenItMay() {
    admin.execute("CREATE ROLE creator WITH PASSWORD = 'pw' AND LOGIN = true");
    CassandraSink sink = plain("creator:pw@", "granted", "");
    assertThat(failure(sink)).contains("CREATE", "<all keyspaces>", "cassandra-schema");
    admin.execute(
        "CREATE KEYSPACE granted WITH replication ="
            + " {'class': 'SimpleStrategy', 'replication_factor': 1}");
    assertThat(failure(sink)).contains("CREATE", "<all tables in granted>", "cassandra-schema");
    admin.execute("GRANT CREATE ON KEYSPACE granted TO creator");
    // Who creates a table may do everything with it.
    open(sink);
    SinkFixture.apply(sink, load(string("a", "1")));
    assertThat(strings("granted")).containsExactly("a=1");
  }

  @Test
  void shouldGoOnWithoutLossWhenItMayWriteAgain() {
    admin.execute("CREATE ROLE writer WITH PASSWORD = 'pw' AND LOGIN = true");
    CassandraSink maker = plain("cassandra:cassandra@", SHARED, "");
    open(maker);
    CassandraSink sink = plain("writer:pw@", SHARED, "");
    assertThat(failure(sink)).contains("does not permit it", "SELECT");
    admin.execute("GRANT SELECT ON KEYSPACE secured_it TO writer");
    assertThatThrownBy(
            () -> {
              open(sink);
              SinkFixture.apply(sink, load(string("a", "1")));
            })
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("does not permit it")
        .hasMessageContaining("MODIFY");
    admin.execute("GRANT MODIFY ON KEYSPACE secured_it TO writer");
    open(sink);
    SinkFixture.apply(sink, load(string("a", "1"), string("b", "1")));
    admin.execute("REVOKE MODIFY ON KEYSPACE secured_it FROM writer");
    assertThatThrownBy(() -> SinkFixture.apply(sink, delta(100, string("a", "2"))))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("MODIFY");
    admin.execute("GRANT MODIFY ON KEYSPACE secured_it TO writer");
    open(sink);
    SinkFixture.apply(sink, delta(100, string("a", "2")));
    assertThat(strings(SHARED)).containsExactlyInAnyOrder("a=2", "b=1");
  }

  @Test
  void shouldWriteThroughTlsWithCertificatesOfBothSides() {
    CassandraSink sink =
        tls("127.0.0.1", tlsPort, ca(trusted) + "&tls-crt=" + trusted.pem("client"));
    open(sink);
    SinkFixture.apply(sink, load(string("a", "1")));
    assertThat(strings(SHARED)).containsExactly("a=1");
  }

  @Test
  void shouldSayWhatIsWrongWithTls() {
    String own = "&tls-crt=" + trusted.pem("client");
    String place = "no TLS connection to cassandra://127.0.0.1:" + tlsPort + "/" + SHARED + ": ";
    assertThat(failure(tls("127.0.0.1", tlsPort, ca(unknown) + own)))
        .startsWith(place + "no authority of " + unknown.certificate() + " has signed");
    assertThat(failure(tls("127.0.0.1", tlsPort, "tls=on" + own)))
        .startsWith(place + "no authority that Java trusts has signed");
    assertThat(failure(tls("127.0.0.2", tlsPort, ca(trusted) + own)))
        .contains("for another host", "127.0.0.2");
    assertThat(failure(tls("127.0.0.1", tlsPort, ca(trusted))))
        .startsWith(place + "it wants a certificate of this client, ?tls-crt=");
    assertThat(failure(tls("127.0.0.1", tlsPort, ca(trusted) + "&tls-crt=" + unknown.pem("other"))))
        .startsWith(place)
        .contains("other.pem");
    assertThat(failure(tls("127.0.0.1", server.port(), ca(trusted) + own)))
        .contains("that port does not speak TLS");
    assertThat(failure(tls("127.0.0.1", tlsPort, "tls=off"))).contains("wants TLS (?tls=on)");
    assertThat(failure(tls("127.0.0.1", tlsPort, "tls-ca=/not/there.pem")))
        .startsWith("/not/there.pem cannot be read as certificates");
    assertThat(failure(tls("127.0.0.1", tlsPort, "tls-crt=" + trusted.certificate())))
        .contains("holds no PRIVATE KEY");
  }
}
