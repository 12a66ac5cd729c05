package io.replicator.benchmarks.child;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The child's half of a conversation with {@link ChildProcess}: a line with a command and its
 * arguments in, a line of JSON out, until the parent closes its end or is gone.
 *
 * <pre>
 *   broadcast 1200 10 20          ▸  {"answer": …}
 *   nonsense                      ▸  {"error": "there is no command nonsense"}
 * </pre>
 */
public final class Commands {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Command> commands = new LinkedHashMap<>();

  /** Answers with something that Jackson can write. */
  @FunctionalInterface
  public interface Command {
    Object answer(List<String> arguments) throws Exception;
  }

  /** Knows {@code footprint} and {@code collected-footprint}, see {@link Footprint}. */
  public Commands() {
    with("footprint", arguments -> Footprint.now());
    with("collected-footprint", arguments -> Footprint.afterCollection());
  }

  public Commands with(String name, Command command) {
    commands.put(name, command);
    return this;
  }

  /** Answers on standard output, which is taken away from everybody else, until the parent ends. */
  public void serve() throws IOException {
    var out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      out.println(JSON.writeValueAsString(answer(List.of(line.split(" ", -1)))));
    }
  }

  private Map<String, Object> answer(List<String> words) {
    Command command = commands.get(words.get(0));
    var answer = new LinkedHashMap<String, Object>();
    if (command == null) {
      answer.put("error", "there is no command " + words.get(0));
      return answer;
    }
    try {
      answer.put("answer", command.answer(words.subList(1, words.size())));
    } catch (Exception e) {
      answer.put("error", e.toString());
    }
    return answer;
  }
}
