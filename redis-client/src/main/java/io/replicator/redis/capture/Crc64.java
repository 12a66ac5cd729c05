package io.replicator.redis.capture;

/** CRC-64 as Redis ends DUMP payloads with: the Jones polynomial, reflected, beginning with 0. */
final class Crc64 {
  private static final long POLYNOMIAL = 0x95ac9329ac4bc9b5L;
  private static final long[] TABLE = new long[256];

  static {
    for (int n = 0; n < 256; n++) {
      long crc = n;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      }
      TABLE[n] = crc;
    }
  }

  private Crc64() {}

  static long of(byte[] bytes, int length) {
    long crc = 0;
    for (int i = 0; i < length; i++) {
      crc = TABLE[(int) (crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
    }
    return crc;
  }
}
