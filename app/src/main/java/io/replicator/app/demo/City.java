package io.replicator.app.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * A city of the bundled excerpt of GeoNames.
 *
 * @param id its place in the excerpt
 * @param json as it is in the excerpt
 */
record City(
    int id,
    String name,
    double latitude,
    double longitude,
    String country,
    String admin1,
    String json) {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** All of the excerpt, ordered by country. */
  static List<City> all() throws IOException {
    List<City> cities = new ArrayList<>();
    try (var lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(City.class.getResourceAsStream("cities.jsonl.gz")),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode city = JSON.readTree(line);
        cities.add(
            new City(
                cities.size(),
                city.get("name").asText(),
                city.get("lat").asDouble(),
                city.get("lng").asDouble(),
                city.get("country").asText(),
                city.get("admin1").asText(),
                line));
      }
    }
    return cities;
  }
}
