package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import java.nio.ByteBuffer;

/**
 * The values of a prepared statement's variables, one after the other, encoded here: it takes the
 * driver longer to find out how. Used once.
 */
final class Binding {
  private BoundStatementBuilder bound;
  private int at;

  private Binding(BoundStatementBuilder bound) {
    this.bound = bound;
  }

  static Binding of(PreparedStatement statement) {
    return new Binding(statement.boundStatementBuilder());
  }

  Binding add(int number) {
    return add(ByteBuffer.allocate(Integer.BYTES).putInt(0, number));
  }

  Binding add(long number) {
    return add(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  Binding add(String text) {
    bound = bound.setString(at++, text);
    return this;
  }

  /** As the protocol wants the value. */
  Binding add(ByteBuffer encoded) {
    bound = bound.setBytesUnsafe(at++, encoded);
    return this;
  }

  BoundStatement build() {
    return bound.build();
  }
}
