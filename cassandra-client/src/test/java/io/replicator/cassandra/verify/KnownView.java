package io.replicator.cassandra.verify;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.streams.verify.KeyImage;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.Listing;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What a database should hold: strings, hashes and streams, as a Redis would show them. */
final class KnownView implements KeyspaceView {
  private static final int PAGE = 100;
  private static final int SMALL_MAX = 500;
  private static final int STRING_PAGE = 50_000;

  private final Map<Bytes, DataType> types = new TreeMap<>();

  /** Of a string one part, of a hash fields and values, of a stream its entries. */
  private final Map<Bytes, List<Bytes>> parts = new TreeMap<>();

  KnownView string(String key, String value) {
    return put(key, DataType.STRING, List.of(Bytes.utf8(value)));
  }

  KnownView hash(String key, Map<String, String> fields) {
    List<Bytes> pairs = new ArrayList<>();
    new TreeMap<>(fields)
        .forEach(
            (field, value) -> {
              pairs.add(Bytes.utf8(field));
              pairs.add(Bytes.utf8(value));
            });
    return put(key, DataType.HASH, pairs);
  }

  /** Entries {@code 1-0}, {@code 2-0} and so on, of one name and value. */
  KnownView stream(String key, int entries) {
    List<Bytes> all = new ArrayList<>();
    for (int i = 1; i <= entries; i++) {
      all.addAll(
          List.of(Bytes.utf8(i + "-0"), Bytes.utf8("2"), Bytes.utf8("n"), Bytes.utf8("v" + i)));
    }
    return put(key, DataType.STREAM, all);
  }

  private KnownView put(String key, DataType type, List<Bytes> value) {
    types.put(Bytes.utf8(key), type);
    parts.put(Bytes.utf8(key), value);
    return this;
  }

  @Override
  public String describe() {
    return "here";
  }

  @Override
  public CompletionStage<Long> size() {
    return CompletableFuture.completedFuture((long) types.size());
  }

  @Override
  public Listing list() {
    Iterator<Bytes> keys = types.keySet().iterator();
    return new Listing() {
      @Override
      public CompletionStage<Keys> next() {
        List<Bytes> page = new ArrayList<>();
        while (keys.hasNext() && page.size() < PAGE) {
          page.add(keys.next());
        }
        return CompletableFuture.completedFuture(
            page.isEmpty() ? null : new Keys(page, null, Double.NaN));
      }

      @Override
      public void close() {
        // Holds nothing.
      }
    };
  }

  @Override
  public CompletionStage<List<Bytes>> missing(List<Bytes> keys) {
    return CompletableFuture.completedFuture(
        keys.stream().filter(key -> !types.containsKey(key)).toList());
  }

  @Override
  public CompletionStage<List<KeyImage>> read(List<Bytes> keys) {
    List<KeyImage> images = new ArrayList<>();
    for (Bytes key : keys) {
      images.add(types.containsKey(key) ? image(types.get(key), parts.get(key)) : null);
    }
    return CompletableFuture.completedFuture(images);
  }

  private static KeyImage image(DataType type, List<Bytes> parts) {
    long size =
        switch (type) {
          case STRING -> parts.get(0).length();
          case HASH -> parts.size() / 2;
          default -> parts.size() / 4;
        };
    return new KeyImage(type, size, 0, size > SMALL_MAX ? null : parts);
  }

  @Override
  public CompletionStage<Page> elements(Bytes key, DataType type, String position) {
    int from = Integer.parseInt(position);
    if (type == DataType.STRING) {
      Bytes value = parts.get(key).get(0);
      int end = Math.min(value.length(), from + STRING_PAGE);
      return CompletableFuture.completedFuture(
          new Page(
              List.of(value.slice(from, end)),
              end - from < STRING_PAGE ? null : Integer.toString(end)));
    }
    int to = Math.min(parts.get(key).size(), from + 4 * PAGE);
    return CompletableFuture.completedFuture(
        new Page(
            parts.get(key).subList(from, to),
            to < parts.get(key).size() ? Integer.toString(to) : null));
  }

  @Override
  public CompletionStage<List<Bytes>> lookup(Bytes key, DataType type, List<Bytes> fields) {
    List<Bytes> values = new ArrayList<>();
    List<Bytes> pairs = parts.get(key);
    for (Bytes field : fields) {
      Bytes value = null;
      for (int i = 0; i < pairs.size(); i += 2) {
        value = pairs.get(i).equals(field) ? pairs.get(i + 1) : value;
      }
      values.add(value);
    }
    return CompletableFuture.completedFuture(values);
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
