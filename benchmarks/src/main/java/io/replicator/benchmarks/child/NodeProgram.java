package io.replicator.benchmarks.child;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program in Node.js that tells on its first line what there is to tell, and ends with its
 * standard input; its errors go where ours go.
 */
public final class NodeProgram implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long END_SECONDS = 10;

  private final String name;
  private final Process process;

  private NodeProgram(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  /**
   * Starts a script.
   *
   * @param folder of the script; what it needs is installed there
   */
  public static NodeProgram start(Path folder, String script, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("node", script));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new NodeProgram(
        script,
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Starts a script and waits for what it tells. */
  public static <T> T run(Class<T> type, Path folder, String script, Object... arguments)
      throws IOException {
    try (NodeProgram program = start(folder, script, arguments)) {
      return program.told(type);
    }
  }

  /**
   * Waits for the first line.
   *
   * @param type what Jackson makes of it
   */
  public <T> T told(Class<T> type) throws IOException {
    // Whoever reads ahead here reads nothing that anybody else wants.
    BufferedReader lines = process.inputReader();
    String line = lines.readLine();
    if (line == null) {
      throw new IOException(name + " ended without a word; its log tells why");
    }
    return JSON.readValue(line, type);
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
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
