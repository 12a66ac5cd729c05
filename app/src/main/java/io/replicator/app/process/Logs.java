package io.replicator.app.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** How much is logged and where to, beyond what {@code logback.xml} says. */
public final class Logs {
  private static final String OURS = "io.replicator";

  private Logs() {}

  public static void showDetails() {
    logger(OURS).setLevel(Level.DEBUG);
  }

  /** For commands whose output is the result: only what needs attention. */
  public static void onlyWarnings() {
    if (!logger(OURS).isDebugEnabled()) {
      logger(OURS).setLevel(Level.WARN);
    }
  }

  /** For a full-screen view: into {@code file} instead of standard error. */
  public static void toFile(Path file) {
    Logger root = logger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    LoggerContext context = root.getLoggerContext();
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %-20logger{0} %msg%n");
    encoder.start();
    var appender = new FileAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setName("file");
    appender.setFile(file.toString());
    appender.setEncoder(encoder);
    appender.start();
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }
}
