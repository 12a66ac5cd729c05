package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.AllNodesFailedException;
import com.datastax.oss.driver.api.core.DriverTimeoutException;
import com.datastax.oss.driver.api.core.NodeUnavailableException;
import com.datastax.oss.driver.api.core.auth.AuthenticationException;
import com.datastax.oss.driver.api.core.connection.BusyConnectionException;
import com.datastax.oss.driver.api.core.connection.ClosedConnectionException;
import com.datastax.oss.driver.api.core.connection.HeartbeatException;
import com.datastax.oss.driver.api.core.servererrors.BootstrappingException;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.servererrors.OverloadedException;
import com.datastax.oss.driver.api.core.servererrors.ReadFailureException;
import com.datastax.oss.driver.api.core.servererrors.ReadTimeoutException;
import com.datastax.oss.driver.api.core.servererrors.ServerError;
import com.datastax.oss.driver.api.core.servererrors.UnauthorizedException;
import com.datastax.oss.driver.api.core.servererrors.UnavailableException;
import com.datastax.oss.driver.api.core.servererrors.WriteFailureException;
import com.datastax.oss.driver.api.core.servererrors.WriteTimeoutException;
import java.util.List;
import javax.net.ssl.SSLException;

/** What a failure of the driver means to us. */
enum FailureKind {
  /** The server had no room or time: the same again, later and less of it, may work. */
  OVERLOAD,
  /** The nodes that hold the data are away, too many of them for the consistency asked for. */
  REPLICAS_AWAY,
  /** No node answers. */
  AWAY,
  /** Credentials are wrong. */
  CREDENTIALS,
  /** Credentials are right and not enough. */
  PERMISSION,
  /** Certificates do not fit. */
  TLS,
  /** A table or column is not as we expect it. */
  SCHEMA,
  OTHER;

  /** Whether the same request may succeed a moment later. */
  boolean passes() {
    return this == OVERLOAD || this == REPLICAS_AWAY;
  }

  static FailureKind of(Throwable failure) {
    if (failure instanceof AllNodesFailedException all) {
      return of(all);
    }
    if (failure instanceof DriverTimeoutException
        || failure instanceof WriteTimeoutException
        || failure instanceof ReadTimeoutException
        || failure instanceof WriteFailureException
        || failure instanceof ReadFailureException
        || failure instanceof OverloadedException
        || failure instanceof BusyConnectionException
        || failure instanceof BootstrappingException) {
      return OVERLOAD;
    }
    if (failure instanceof UnavailableException) {
      return REPLICAS_AWAY;
    }
    if (failure instanceof HeartbeatException || failure instanceof NodeUnavailableException) {
      return AWAY;
    }
    if (failure instanceof UnauthorizedException) {
      return PERMISSION;
    }
    if (failure instanceof InvalidQueryException || isOfDroppedTable(failure)) {
      return SCHEMA;
    }
    boolean away = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthenticationException) {
        return CREDENTIALS;
      }
      if (cause instanceof SSLException) {
        return TLS;
      }
      if (cause instanceof java.io.IOException || cause instanceof ClosedConnectionException) {
        away = true;
      }
    }
    return away ? AWAY : OTHER;
  }

  /** What a server says of a write that was under way when its table was dropped. */
  private static boolean isOfDroppedTable(Throwable failure) {
    return failure instanceof ServerError
        && failure.getMessage() != null
        && failure.getMessage().contains("Unknown CF");
  }

  /** The most telling of what the nodes did. */
  private static FailureKind of(AllNodesFailedException all) {
    FailureKind worst = AWAY;
    for (List<Throwable> errors : all.getAllErrors().values()) {
      for (Throwable error : errors) {
        FailureKind kind = of(error);
        if (kind != AWAY && kind != OTHER) {
          return kind;
        }
        worst = kind == OTHER ? OTHER : worst;
      }
    }
    return all.getAllErrors().isEmpty() ? AWAY : worst;
  }
}
