package io.replicator.app;

import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.UsageException;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Makes one line of whatever went wrong. */
final class CommandErrors {
  private static final Logger log = LoggerFactory.getLogger(CommandErrors.class);

  private CommandErrors() {}

  /** For picocli: the command line cannot be understood. */
  static int wrongUse(ParameterException e, String... args) {
    CommandLine command = e.getCommandLine();
    print(command, describe(e));
    return CommandLine.ExitCode.USAGE;
  }

  /** For picocli: the command threw. */
  static int failed(Exception e, CommandLine command, ParseResult parsed) {
    Throwable cause = Failures.unwrap(e);
    if (cause instanceof UsageException) {
      print(command, cause.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    log.debug("{} failed", command.getCommandName(), cause);
    print(command, cause instanceof FailureException ? cause.getMessage() : unexpected(cause));
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static String unexpected(Throwable cause) {
    return Failures.message(cause) + "; --verbose tells more";
  }

  private static String describe(ParameterException e) {
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String argument = unmatched.getUnmatched().get(0);
      boolean option = argument.startsWith("-");
      boolean root = spec.parent() == null;
      if (!option && root) {
        return "unknown command \""
            + argument
            + "\"; allowed: "
            + join(spec.subcommands().keySet());
      }
      String kind =
          option ? "unknown option " + argument : "unexpected argument \"" + argument + "\"";
      return kind + "; allowed: " + optionNames(spec);
    }
    if (e instanceof MissingParameterException missing && !missing.getMissing().isEmpty()) {
      ArgSpec argument = missing.getMissing().get(0);
      String name =
          argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
      String what = argument.required() ? " is missing" : " has no value";
      return "option " + name + what + "; allowed: " + argument.paramLabel();
    }
    return e.getMessage();
  }

  private static String optionNames(CommandSpec spec) {
    return join(
        spec.options().stream().filter(o -> !o.hidden()).map(o -> o.longestName()).toList());
  }

  private static String join(Iterable<String> names) {
    var sorted = new TreeSet<String>();
    names.forEach(sorted::add);
    return String.join(", ", List.copyOf(sorted));
  }

  private static void print(CommandLine command, String message) {
    String line = String.valueOf(message).strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
    command.getErr().flush();
  }
}
