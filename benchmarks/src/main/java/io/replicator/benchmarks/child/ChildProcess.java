package io.replicator.benchmarks.child;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own that answers {@link Commands}, on the class path of this one; its log goes where
 * ours goes. Confined to one thread.
 */
public final class ChildProcess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long END_SECONDS = 20;

  private final String name;
  private final Process process;
  private final BufferedWriter out;
  private final BufferedReader in;

  private ChildProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.out = process.outputWriter();
    this.in = process.inputReader();
  }

  /**
   * @param main serves {@link Commands} in its main method
   * @param options for the JVM
   */
  public static ChildProcess start(Class<?> main, List<String> options, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return new ChildProcess(
        main.getSimpleName(),
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @param type what Jackson makes of the answer
   */
  public <T> T call(Class<T> type, String command, Object... arguments) throws IOException {
    send(command, arguments);
    return receive(type);
  }

  /** Sends a command whose answer {@link #receive} waits for later. */
  public void send(String command, Object... arguments) throws IOException {
    var line = new StringBuilder(command);
    for (Object argument : arguments) {
      line.append(' ').append(argument);
    }
    out.write(line.append('\n').toString());
    out.flush();
  }

  public <T> T receive(Class<T> type) throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException(name + " ended; its log tells why");
    }
    JsonNode answer = JSON.readTree(line);
    if (answer.has("error")) {
      throw new IOException(name + ": " + answer.get("error").textValue());
    }
    return JSON.treeToValue(answer.get("answer"), type);
  }

  public Footprint footprint() throws IOException {
    return call(Footprint.class, "footprint");
  }

  public Footprint collectedFootprint() throws IOException {
    return call(Footprint.class, "collected-footprint");
  }

  /** Tells it to end, and makes it where it does not. */
  @Override
  public void close() {
    try {
      out.close();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      process.destroyForcibly(); // gone already, most likely
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
