package io.replicator.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote down. */
final class ReplicatorVersion implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    var properties = new Properties();
    try (InputStream file = Replicator.class.getResourceAsStream("version.properties")) {
      properties.load(file);
    }
    return new String[] {
      "replicator " + properties.getProperty("version"),
      "JVM " + Runtime.version() + ", " + System.getProperty("os.name")
    };
  }
}
