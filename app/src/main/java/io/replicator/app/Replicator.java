package io.replicator.app;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code replicator} command.
 *
 * <p>Exit codes: 0 when it did what was asked, 1 for a failure at run time, 2 for wrong use. Either
 * failure is one line on standard error.
 */
@Command(
    name = "replicator",
    description = "Copies Redis databases to every place that reads them, and keeps them current.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = ReplicatorVersion.class,
    subcommands = {
      DemoCommand.class,
      HubCommand.class,
      ClientCommand.class,
      StatusCommand.class,
      VerifyCommand.class,
      CassandraSchemaCommand.class
    },
    footer = {
      "",
      "replicator COMMAND --help tells the options of a command.",
      "Exit codes: 0 done, 1 failed, 2 wrong use."
    })
public final class Replicator implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "This text.")
  @SuppressWarnings("unused") // picocli acts on it by itself
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "The version.")
  @SuppressWarnings("unused") // picocli acts on it by itself
  private boolean version;

  public static void main(String[] args) {
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int exitCode = run(args, out, err);
    out.flush();
    err.flush();
    System.exit(exitCode);
  }

  /** Runs one command to its end; returns its exit code. */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    CommandLine command = new CommandLine(new Replicator());
    command.setOut(out);
    command.setErr(err);
    // A value that begins with '-' is a forgotten one.
    command.setAllowOptionsAsOptionParameters(false);
    command.setAbbreviatedOptionsAllowed(false);
    command.setUsageHelpWidth(110);
    command.setParameterExceptionHandler(CommandErrors::wrongUse);
    command.setExecutionExceptionHandler(CommandErrors::failed);
    return command.execute(LegacySpellings.translate(args));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "no command given; allowed: " + String.join(", ", spec.subcommands().keySet()));
  }
}
