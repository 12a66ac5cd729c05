package io.replicator.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.replicator.http.json.CursorText;
import io.replicator.http.json.EntryParser;
import io.replicator.replication.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.junit.jupiter.api.Test;

/** What is described is what is served. */
class DescriptionTest {
  private static final JsonNode API = read();

  private static JsonNode read() {
    try {
      var entity = (HttpEntity.Strict) Description.answer().toCompletableFuture().join().entity();
      return new ObjectMapper().readTree(entity.getData().toArray());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void shouldDescribeEveryRouteMethodAndStatusAndNoOther() {
    Map<String, Set<Integer>> served = new TreeMap<>();
    for (Route route : Route.values()) {
      route
          .answers()
          .forEach(
              (method, statuses) -> {
                Set<Integer> all = new TreeSet<>(statuses);
                all.addAll(Route.ALWAYS);
                served.put(method + " " + route.template(), all);
              });
    }
    Map<String, Set<Integer>> described = new TreeMap<>();
    API.get("paths")
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fields()
                    .forEachRemaining(
                        operation -> {
                          Set<Integer> statuses = new TreeSet<>();
                          operation
                              .getValue()
                              .get("responses")
                              .fieldNames()
                              .forEachRemaining(status -> statuses.add(Integer.valueOf(status)));
                          String method = operation.getKey().toUpperCase(java.util.Locale.ROOT);
                          described.put(method + " " + path.getKey(), statuses);
                        }));

    assertThat(described).isEqualTo(served);
  }

  @Test
  void shouldReferToWhatIsThere() {
    List<String> references = API.findValuesAsText("$ref");
    assertThat(references).isNotEmpty();
    for (String reference : references) {
      assertThat(API.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
    }
  }

  @Test
  void shouldGiveExamplesThatAreTaken() throws Exception {
    JsonNode examples =
        API.at("/paths/~1v1~1databases~1{db}~1entries~1{key}/put/requestBody/content")
            .at("/application~1json/examples");
    assertThat(examples).hasSizeGreaterThan(3);
    for (JsonNode example : examples) {
      EntryParser.parse(Bytes.utf8("k"), utf8(example.get("value")), 0);
    }
  }

  @Test
  void shouldGiveExamplesOfAnswersInTheFormOfTheirSchemas() throws Exception {
    List<JsonNode> contents = new ArrayList<>();
    API.findParents("example").forEach(contents::add);
    assertThat(contents).hasSizeGreaterThan(15);
    for (JsonNode content : contents) {
      assertConforms(content.get("example"), content.get("schema"));
    }
    JsonNode batch =
        API.at("/paths/~1v1~1databases~1{db}~1changes/get/responses/200/content")
            .at("/application~1json/example");
    CursorText.parse(batch.get("cursor").asText());
    JsonNode entry = batch.at("/entries/0");
    EntryParser.parse(Bytes.utf8(entry.get("k").asText()), utf8(entry), 0);
  }

  /** Objects have what is required and nothing that is unknown; arrays of them too. */
  private static void assertConforms(JsonNode example, JsonNode schema) {
    JsonNode resolved =
        schema.has("$ref") ? API.at(schema.get("$ref").asText().substring(1)) : schema;
    if (example.isArray() && resolved.has("items")) {
      example.forEach(each -> assertConforms(each, resolved.get("items")));
    } else if (example.isObject() && resolved.has("properties")) {
      Set<String> names = new TreeSet<>();
      example.fieldNames().forEachRemaining(names::add);
      Set<String> known = new TreeSet<>();
      resolved.get("properties").fieldNames().forEachRemaining(known::add);
      assertThat(known).as(example.toString()).containsAll(names);
      Set<String> required = new TreeSet<>();
      resolved.path("required").forEach(name -> required.add(name.asText()));
      assertThat(names).as(example.toString()).containsAll(required);
    }
  }

  private static byte[] utf8(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
