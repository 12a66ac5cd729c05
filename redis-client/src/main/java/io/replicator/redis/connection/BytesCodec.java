package io.replicator.redis.connection;

import io.lettuce.core.codec.RedisCodec;
import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;

/** Keys and values as they are. */
final class BytesCodec implements RedisCodec<Bytes, Bytes> {
  static final BytesCodec INSTANCE = new BytesCodec();

  private BytesCodec() {}

  @Override
  public Bytes decodeKey(ByteBuffer bytes) {
    return decodeValue(bytes);
  }

  @Override
  public Bytes decodeValue(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return Bytes.wrap(copy);
  }

  @Override
  public ByteBuffer encodeKey(Bytes key) {
    return key.asByteBuffer();
  }

  @Override
  public ByteBuffer encodeValue(Bytes value) {
    return value.asByteBuffer();
  }
}
