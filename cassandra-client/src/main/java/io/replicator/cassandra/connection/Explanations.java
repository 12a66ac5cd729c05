package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.connection.ClosedConnectionException;
import com.datastax.oss.driver.api.core.connection.ConnectionInitException;
import io.netty.handler.ssl.NotSslRecordException;
import io.replicator.cassandra.settings.CassandraTarget;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Failures of the driver in words that say what to do, the same words for the same cause. */
final class Explanations {
  private static final Pattern REPLY = Pattern.compile("server replied with '(.*)' to ");

  private Explanations() {}

  static CassandraFailedException explain(CassandraTarget target, Throwable failure) {
    if (failure instanceof CassandraFailedException already) {
      return already;
    }
    return new CassandraFailedException(words(target, failure), failure);
  }

  /** Of an attempt to connect, where no answer in time is none. */
  static CassandraFailedException ofConnecting(CassandraTarget target, Throwable failure) {
    return FailureKind.of(failure) == FailureKind.OVERLOAD
        ? new CassandraFailedException(noAnswer(target), failure)
        : explain(target, failure);
  }

  private static String noAnswer(CassandraTarget target) {
    return "no node answers at " + target;
  }

  private static String words(CassandraTarget target, Throwable failure) {
    FailureKind kind = FailureKind.of(failure);
    Throwable telling = telling(failure, kind);
    String message = message(telling);
    return switch (kind) {
      // How exactly a node does not answer differs from attempt to attempt.
      case AWAY -> noAnswer(target) + hint(target, failure, telling);
      case OVERLOAD ->
          target
              + " does not answer in time although less and less is asked of it ("
              + telling.getClass().getSimpleName()
              + "): see its log, or raise ?timeout=";
      case REPLICAS_AWAY -> "too few replicas of " + target + " are up for " + target.consistency();
      case CREDENTIALS ->
          target
              + " refuses "
              + (target.username().isEmpty()
                  ? "clients without credentials: name them, cassandra://USER:PASSWORD@…"
                  : "user " + target.username() + ": " + reply(message));
      case PERMISSION -> target + " does not permit it: " + message;
      case TLS -> "no TLS connection to " + target + ": " + tls(target, telling, message);
      case SCHEMA -> "the tables of " + target + " are not as they should be: " + message;
      case OTHER -> target + ": " + message;
    };
  }

  private static String hint(CassandraTarget target, Throwable failure, Throwable telling) {
    if (telling instanceof UnknownHostException) {
      return ": unknown host " + message(telling);
    }
    // Not where none came about: that is a ClosedChannelException, or a ConnectException.
    boolean cut =
        telling instanceof ClosedConnectionException
            || (telling instanceof SocketException && !(telling instanceof ConnectException));
    boolean closedAtOnce =
        cut && nodeErrors(failure).anyMatch(ConnectionInitException.class::isInstance);
    return closedAtOnce && target.tls() == null
        ? ": it closes connections at once, as a port does that wants TLS (?tls=on)"
        : "";
  }

  private static String tls(CassandraTarget target, Throwable telling, String message) {
    if (telling instanceof NotSslRecordException) {
      return "that port does not speak TLS; leave out ?tls=, or name the port that does";
    }
    if (message.contains("certificate_required") || message.contains("bad_certificate")) {
      return target.tls().certificate().isEmpty()
          ? "it wants a certificate of this client, ?tls-crt="
          : "it refuses the certificate of " + target.tls().certificate() + " (" + message + ")";
    }
    if (message.startsWith("No subject alternative") || message.startsWith("No name matching")) {
      return "the node's certificate is for another host: " + message;
    }
    if (telling instanceof CertificateExpiredException
        || telling instanceof CertificateNotYetValidException) {
      return "a certificate is not valid today: " + message;
    }
    if (telling instanceof GeneralSecurityException) {
      return "no authority "
          + (target.tls().authorities().isEmpty()
              ? "that Java trusts"
              : "of " + target.tls().authorities())
          + " has signed the node's certificate ("
          + message
          + "); see ?tls-ca=";
    }
    return message + "; see ?tls-ca= and ?tls-crt=";
  }

  private static Stream<Throwable> nodeErrors(Throwable failure) {
    return failure instanceof AllNodesFailedException all
        ? all.getAllErrors().values().stream().flatMap(List::stream)
        : Stream.of(failure);
  }

  /** What the server said, without the node that did. */
  private static String reply(String message) {
    Matcher quoted = REPLY.matcher(message);
    return quoted.find() ? quoted.group(1) : message;
  }

  /** Of several nodes' errors the first of that kind, of nested ones the innermost. */
  private static Throwable telling(Throwable failure, FailureKind kind) {
    Throwable telling =
        nodeErrors(failure)
            .filter(error -> FailureKind.of(error) == kind)
            .findFirst()
            .orElse(failure);
    while (telling.getCause() != null) {
      telling = telling.getCause();
    }
    return telling;
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }
}
