package io.replicator.streams.receive;

import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** An actor system for the stages of one test class, which shuffles the events of every graph. */
final class StreamSystem implements AfterAllCallback {
  private final ActorSystem system =
      ActorSystem.create(
          "stages",
          ConfigFactory.parseString(
                  """
                  pekko.stream.materializer.debug.fuzzing-mode = on
                  pekko.stream.secret-test-fuzzing-warning-disable = yep
                  pekko.loglevel = WARNING
                  """)
              .withFallback(ConfigFactory.load()));

  ActorSystem get() {
    return system;
  }

  @Override
  public void afterAll(ExtensionContext context) {
    TestKit.shutdownActorSystem(system);
  }
}
