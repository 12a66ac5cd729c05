package io.replicator.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The rules that keep the shape of the code; what the compiler and Maven do not enforce already.
 */
final class ArchitectureTest {
  private static final String ROOT = "io.replicator";
  private static final String GENERATED = ROOT + ".protocol.v1..";

  /** Which of our modules a module may know, itself aside; by the last part of its package. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          "protocol", Set.of(),
          "replication", Set.of(),
          "store", Set.of("replication"),
          "streams", Set.of("protocol", "replication", "store"),
          "actors", Set.of("protocol", "replication", "store", "streams"),
          "redis", Set.of("protocol", "replication", "store", "streams"),
          "cassandra", Set.of("protocol", "replication", "store", "streams"),
          "http", Set.of("protocol", "replication", "store", "streams", "actors"),
          "testkit", Set.of("protocol", "replication", "store", "streams"));

  /** Which modules alone may know a library, so that it can be replaced in one place. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.of(
          "org.rocksdb..", Set.of("store"),
          "com.github.luben.zstd..", Set.of("protocol"),
          "com.google.protobuf..", Set.of("protocol", "streams", "actors", "http.updates"),
          "io.lettuce..", Set.of("redis", "app"),
          "com.datastax.oss.driver..", Set.of("cassandra"),
          "picocli..", Set.of("app"),
          "org.apache.pekko.http..", Set.of("http", "app"),
          "org.apache.pekko..",
              Set.of("streams", "actors", "redis", "cassandra", "http", "testkit", "app"));

  /** Who may sleep, and why nothing can be awaited there. */
  private static final Map<String, String> SLEEPERS =
      Map.of(
          ROOT + ".redis.embedded.RedisProcess",
          "a starting server tells nobody when its port is open",
          ROOT + ".testkit.cassandra.CassandraServer",
          "a starting server tells nobody when its port is open",
          ROOT + ".streams.verify.KeyspaceComparison",
          "a key that expires is gone at one server a moment before it is at the other");

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void shouldSeeEveryModule() {
    Set<String> modules = new TreeSet<>();
    OURS.forEach(type -> modules.add(type.getPackageName().split("\\.", -1)[2]));
    assertThat(modules).containsAll(ARROWS.keySet()).contains("app");
    modules.removeAll(ARROWS.keySet());
    assertThat(modules).as("modules without a row in ARROWS").containsExactly("app");
  }

  @TestFactory
  Stream<DynamicTest> shouldKeepArrowsBetweenModulesOneWay() {
    return ARROWS.entrySet().stream()
        .map(
            entry -> {
              String module = entry.getKey();
              String[] allowed =
                  Stream.concat(Stream.of(module), entry.getValue().stream())
                      .map(ArchitectureTest::packageOf)
                      .toArray(String[]::new);
              return dynamicTest(
                  module + " → " + new TreeSet<>(entry.getValue()),
                  () ->
                      noClasses()
                          .that()
                          .resideInAPackage(packageOf(module))
                          .should()
                          .dependOnClassesThat(
                              resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
                          .check(OURS));
            });
  }

  @TestFactory
  Stream<DynamicTest> shouldKeepLibrariesWhereTheyBelong() {
    return LIBRARIES.entrySet().stream()
        .map(
            entry -> {
              String[] allowed =
                  entry.getValue().stream().map(ArchitectureTest::packageOf).toArray(String[]::new);
              return dynamicTest(
                  entry.getKey() + " only in " + new TreeSet<>(entry.getValue()),
                  () ->
                      noClasses()
                          .that()
                          .resideOutsideOfPackages(allowed)
                          .should()
                          .dependOnClassesThat()
                          .resideInAPackage(entry.getKey())
                          .check(OURS));
            });
  }

  @Test
  void shouldHaveNoCyclesBetweenPackages() {
    // Each package for itself, a module's own package too.
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(OURS);
  }

  @Test
  void shouldKeepTheRulesPure() {
    noClasses()
        .that()
        .resideInAPackage(packageOf("replication"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.io..",
            "java.net..",
            "java.nio.file..",
            "java.nio.channels..",
            "java.time..",
            "org.slf4j..")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Thread.class)
        .because("time arrives as a parameter, and nothing in the rules waits or writes")
        .check(OURS);
  }

  @Test
  void shouldNameClassesByTheirRole() {
    classes()
        .that()
        .resideOutsideOfPackage(GENERATED)
        .and()
        .areNotAnonymousClasses()
        .should()
        .haveNameNotMatching(".*(Manager|Helper|Utils?|Impl|Processor)(\\$.*)?")
        .because("a name tells what the thing is for")
        .check(OURS);
  }

  @Test
  void shouldSleepOnlyWhereNothingCanBeAwaited() {
    Set<String> sleepers = new TreeSet<>();
    for (JavaClass type : OURS) {
      type.getMethodCallsFromSelf().stream()
          .filter(
              call ->
                  call.getTarget().getOwner().isEquivalentTo(Thread.class)
                      && call.getTarget().getName().equals("sleep"))
          .forEach(call -> sleepers.add(outermost(type).getName()));
    }
    assertThat(SLEEPERS.keySet()).containsAll(sleepers);
  }

  @Test
  void shouldLogThroughSlf4jAndPrintOnlyFromTheCommand() {
    noClasses().should(USE_JAVA_UTIL_LOGGING).check(OURS);
    noClasses()
        .that()
        .resideOutsideOfPackage(packageOf("app"))
        .should(ACCESS_STANDARD_STREAMS)
        .check(OURS);
  }

  private static String packageOf(String module) {
    return ROOT + "." + module + "..";
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }
}
