package io.replicator.redis.verify;

import io.replicator.redis.connection.RedisConnector;
import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.streams.verify.KeyImage;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.Listing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A database of a Redis 7 server. A page of keys costs two round trips where they are strings:
 * sizes and expiries, then one MGET; other types two more. Values over a limit are not fetched with
 * their page.
 */
final class RedisView implements KeyspaceView {
  static final int SMALL_ELEMENTS_MAX = 500;
  static final int SMALL_BYTES_MAX = 64 << 10;

  /** Elements fetched with one page of keys; collections beyond that are compared page by page. */
  private static final int ELEMENTS_TOTAL_MAX = 50_000;

  private static final int PAGE_ELEMENTS = 1000;
  private static final int PAGE_BYTES = 1 << 20;

  /** Keys a script looks at: well under a millisecond for which the server does nothing else. */
  private static final int SCRIPT_KEYS_MAX = 200;

  /**
   * Of each key its expiry, type, size, and value if it is a short string: one command instead of
   * four for each key. At most ARGV[2] bytes of values in total.
   */
  private static final Bytes LOOK =
      Bytes.utf8(
          """
          local sizes = {hash = 'HLEN', list = 'LLEN', set = 'SCARD', zset = 'ZCARD', stream = 'XLEN'}
          local left = tonumber(ARGV[2])
          local looked = {}
          for i, key in ipairs(KEYS) do
            local life = redis.call('PEXPIRETIME', key)
            local type = 'none'
            local size = 0
            local value = false
            if life ~= -2 then
              type = redis.call('TYPE', key)['ok']
            end
            if type == 'string' then
              size = redis.call('STRLEN', key)
              if size <= tonumber(ARGV[1]) and size <= left then
                value = redis.call('GET', key)
                left = left - size
              end
            elseif sizes[type] then
              size = redis.call(sizes[type], key)
            end
            looked[i] = {life, type, size, value}
          end
          return looked
          """);

  /** RDB version and checksum at the end of a DUMP: they differ between releases. */
  private static final int DUMP_FOOTER_BYTES = 10;

  private final RedisConnector connector;
  private final RedisLink link;

  /**
   * @param connector of {@code link} alone, closed with the view
   */
  RedisView(RedisConnector connector, RedisLink link) {
    this.connector = connector;
    this.link = link;
  }

  @Override
  public void close() {
    connector.close();
  }

  @Override
  public String describe() {
    return link.address().toString();
  }

  @Override
  public CompletionStage<Long> size() {
    return link.send(Request.of(Verb.DBSIZE)).thenApply(Request::integer);
  }

  @Override
  public Listing list() {
    return new RedisListing(link);
  }

  static Page scanned(Request scan) {
    String next = ((Bytes) scan.list().get(0)).asUtf8();
    return new Page(bytes(scan.list().get(1)), next.equals(START) ? null : next);
  }

  @SuppressWarnings("unchecked")
  private static List<Bytes> bytes(Object list) {
    return (List<Bytes>) list;
  }

  @Override
  public CompletionStage<List<Bytes>> missing(List<Bytes> keys) {
    Request all = Request.of(Verb.EXISTS);
    keys.forEach(all::add);
    return link.send(all)
        .thenCompose(
            count ->
                count.integer() == keys.size()
                    ? CompletableFuture.completedFuture(List.<Bytes>of())
                    : missingEach(keys));
  }

  private CompletionStage<List<Bytes>> missingEach(List<Bytes> keys) {
    return link.send(keys.stream().map(key -> Request.of(Verb.EXISTS, key)).toList())
        .thenApply(
            sent ->
                sent.stream()
                    .filter(exists -> exists.integer() == 0)
                    .map(exists -> exists.argument(0))
                    .toList());
  }

  /** What is known of one key so far. */
  private static final class Draft {
    final Bytes key;
    final long expiresAtMs;
    final DataType dataType;
    long size;
    List<Bytes> parts;
    Request value;
    boolean gone;

    Draft(Bytes key, long life, DataType dataType, long size) {
      this.key = key;
      this.expiresAtMs = Math.max(0, life);
      this.dataType = dataType;
      this.size = size;
    }
  }

  @Override
  public CompletionStage<List<KeyImage>> read(List<Bytes> keys) {
    List<Request> scripts = new ArrayList<>();
    for (int from = 0; from < keys.size(); from += SCRIPT_KEYS_MAX) {
      List<Bytes> some = keys.subList(from, Math.min(from + SCRIPT_KEYS_MAX, keys.size()));
      Request script = Request.of(Verb.EVAL_RO).add(LOOK).add(some.size());
      some.forEach(script::add);
      scripts.add(script.add(SMALL_BYTES_MAX).add(PAGE_BYTES));
    }
    return link.send(scripts)
        .thenCompose(
            sent -> {
              List<Draft> drafts = drafts(keys, sent);
              return readValues(drafts)
                  .thenApply(values -> drafts.stream().map(RedisView::image).toList());
            });
  }

  private static List<Draft> drafts(List<Bytes> keys, List<Request> scripts) {
    List<Draft> drafts = new ArrayList<>(keys.size());
    for (Request script : scripts) {
      for (Object reply : script.list()) {
        List<?> looked = (List<?>) reply;
        var draft =
            new Draft(
                keys.get(drafts.size()),
                (Long) looked.get(0),
                typeOf(((Bytes) looked.get(1)).asUtf8()),
                (Long) looked.get(2));
        if (looked.get(3) != null) {
          draft.parts = List.of((Bytes) looked.get(3));
        }
        draft.gone =
            draft.dataType == null || (draft.dataType == DataType.STREAM && draft.size == 0);
        drafts.add(draft);
      }
    }
    return drafts;
  }

  private static DataType typeOf(String name) {
    return switch (name) {
      case "none" -> null;
      case "string" -> DataType.STRING;
      case "hash" -> DataType.HASH;
      case "list" -> DataType.LIST;
      case "set" -> DataType.SET;
      case "zset" -> DataType.ZSET;
      case "stream" -> DataType.STREAM;
      default -> DataType.OPAQUE;
    };
  }

  private CompletionStage<List<Request>> readValues(List<Draft> drafts) {
    List<Request> requests = new ArrayList<>();
    long elements = 0;
    for (Draft draft : drafts) {
      boolean small =
          draft.size <= SMALL_ELEMENTS_MAX && elements + draft.size <= ELEMENTS_TOTAL_MAX;
      if (!draft.gone && draft.dataType != DataType.STRING && small) {
        elements += draft.size;
        draft.value = whole(draft.key, draft.dataType);
        requests.add(draft.value);
      }
    }
    return link.send(requests)
        .thenApply(
            sent -> {
              for (Draft draft : drafts) {
                if (draft.value != null) {
                  take(draft);
                }
              }
              return sent;
            });
  }

  private static Request whole(Bytes key, DataType type) {
    return switch (type) {
      case HASH -> Request.of(Verb.HGETALL, key);
      case SET -> Request.of(Verb.SSCAN, key).add(START).add("COUNT").add(2 * SMALL_ELEMENTS_MAX);
      case ZSET -> Request.of(Verb.ZSCAN, key).add(START).add("COUNT").add(2 * SMALL_ELEMENTS_MAX);
      case LIST -> Request.of(Verb.LRANGE, key).add(0).add(SMALL_ELEMENTS_MAX);
      case STREAM ->
          Request.of(Verb.XRANGE, key).add("-").add("+").add("COUNT").add(SMALL_ELEMENTS_MAX + 1);
      default -> Request.of(Verb.DUMP, key);
    };
  }

  private static void take(Draft draft) {
    Request value = draft.value;
    if (value.reply() == null || value.error() != null) {
      // Went away or changed its type under our eyes.
      draft.gone = true;
      return;
    }
    switch (draft.dataType) {
      case HASH -> draft.parts = sortedPairs(bytes(value.list()));
      case SET, ZSET -> {
        Page page = scanned(value);
        if (page.next() == null) {
          draft.parts =
              draft.dataType == DataType.SET
                  ? page.items().stream().distinct().sorted().toList()
                  : sortedPairs(scores(page.items()));
        }
      }
      case LIST -> draft.parts = bytes(value.list());
      case STREAM -> draft.parts = entries(value.list());
      default -> {
        Bytes payload = value.bytes();
        draft.parts = List.of(payload.slice(0, payload.length() - DUMP_FOOTER_BYTES));
        draft.size = payload.length();
      }
    }
  }

  private static KeyImage image(Draft draft) {
    return draft.gone
        ? null
        : new KeyImage(draft.dataType, draft.size, draft.expiresAtMs, draft.parts);
  }

  /** Fields and values by turns, in the order of the fields, each once: a scan may repeat some. */
  private static List<Bytes> sortedPairs(List<Bytes> pairs) {
    Bytes[][] sorted = new Bytes[pairs.size() / 2][];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = new Bytes[] {pairs.get(2 * i), pairs.get(2 * i + 1)};
    }
    Arrays.sort(sorted, (a, b) -> a[0].compareTo(b[0]));
    List<Bytes> parts = new ArrayList<>(pairs.size());
    Bytes last = null;
    for (Bytes[] pair : sorted) {
      if (!pair[0].equals(last)) {
        parts.add(pair[0]);
        parts.add(pair[1]);
      }
      last = pair[0];
    }
    return parts;
  }

  /** Members and scores by turns, scores so that equal ones are equal bytes. */
  private static List<Bytes> scores(List<Bytes> pairs) {
    List<Bytes> parts = new ArrayList<>(pairs);
    for (int i = 1; i < parts.size(); i += 2) {
      parts.set(i, score(parts.get(i)));
    }
    return parts;
  }

  private static Bytes score(Bytes text) {
    double score =
        switch (text.asUtf8()) {
          case "inf" -> Double.POSITIVE_INFINITY;
          case "-inf" -> Double.NEGATIVE_INFINITY;
          default -> Double.parseDouble(text.asUtf8());
        };
    return Bytes.utf8(Double.toString(score));
  }

  /** Of each entry its id, the number of its names and values, and these. */
  private static List<Bytes> entries(List<Object> replies) {
    List<Bytes> parts = new ArrayList<>();
    for (Object reply : replies) {
      List<?> entry = (List<?>) reply;
      List<Bytes> pairs = bytes(entry.get(1));
      parts.add((Bytes) entry.get(0));
      parts.add(Bytes.utf8(Integer.toString(pairs.size())));
      parts.addAll(pairs);
    }
    return parts;
  }

  @Override
  public CompletionStage<Page> elements(Bytes key, DataType type, String position) {
    return switch (type) {
      case HASH -> link.send(scan(Verb.HSCAN, key, position)).thenApply(RedisView::scanned);
      case SET -> link.send(scan(Verb.SSCAN, key, position)).thenApply(RedisView::scanned);
      case ZSET ->
          link.send(scan(Verb.ZSCAN, key, position))
              .thenApply(
                  scan -> {
                    Page page = scanned(scan);
                    return new Page(scores(page.items()), page.next());
                  });
      case LIST -> range(Request.of(Verb.LRANGE, key), position, PAGE_ELEMENTS);
      case STREAM -> streamPage(key, position);
      default -> range(Request.of(Verb.GETRANGE, key), position, PAGE_BYTES);
    };
  }

  private static Request scan(Verb verb, Bytes key, String position) {
    return Request.of(verb, key).add(position).add("COUNT").add(PAGE_ELEMENTS);
  }

  private CompletionStage<Page> range(Request request, String position, int count) {
    long from = Long.parseLong(position);
    return link.send(request.add(from).add(from + count - 1))
        .thenApply(
            reply -> {
              List<Bytes> items =
                  request.verb() == Verb.LRANGE ? bytes(reply.list()) : List.of(reply.bytes());
              long got = request.verb() == Verb.LRANGE ? items.size() : items.get(0).length();
              return new Page(items, got < count ? null : Long.toString(from + count));
            });
  }

  private CompletionStage<Page> streamPage(Bytes key, String position) {
    return link.send(
            Request.of(Verb.XRANGE, key)
                .add(position.equals(START) ? "-" : "(" + position)
                .add("+")
                .add("COUNT")
                .add(PAGE_ELEMENTS))
        .thenApply(
            reply -> {
              List<Object> entries = reply.list();
              if (entries.size() < PAGE_ELEMENTS) {
                return new Page(entries(entries), null);
              }
              List<?> last = (List<?>) entries.get(entries.size() - 1);
              return new Page(entries(entries), ((Bytes) last.get(0)).asUtf8());
            });
  }

  @Override
  public CompletionStage<List<Bytes>> lookup(Bytes key, DataType type, List<Bytes> fields) {
    if (fields.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    Request ask =
        Request.of(
            switch (type) {
              case HASH -> Verb.HMGET;
              case SET -> Verb.SMISMEMBER;
              case ZSET -> Verb.ZMSCORE;
              default -> throw new IllegalArgumentException(type + " has no fields");
            },
            key);
    fields.forEach(ask::add);
    return link.send(ask)
        .thenApply(
            reply -> {
              List<Bytes> values = new ArrayList<>(fields.size());
              for (Object value : reply.list()) {
                if (type == DataType.SET) {
                  values.add(((Long) value) == 1 ? Bytes.EMPTY : null);
                } else {
                  values.add(
                      type == DataType.ZSET && value != null
                          ? score((Bytes) value)
                          : (Bytes) value);
                }
              }
              return values;
            });
  }
}
