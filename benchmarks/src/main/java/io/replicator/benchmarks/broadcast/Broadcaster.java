package io.replicator.benchmarks.broadcast;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.replicator.benchmarks.child.Commands;
import io.replicator.benchmarks.child.WallClock;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ws.BinaryMessage;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.WebSocket;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.QueueOfferResult;
import org.apache.pekko.stream.javadsl.BroadcastHub;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The program: a WebSocket server that sends one message after the other to everybody.
 *
 * <pre>
 *   port                                   where it listens
 *   broadcast BYTES PER_SECOND SECONDS     sends messages of that size; answers what became of them
 * </pre>
 *
 * <p>Every connection reads from one BroadcastHub: measured, a queue for each costs as much or
 * more. A message begins with the time at which it was made, in microseconds since 1970.
 */
public final class Broadcaster {
  /** Messages that wait for the slowest connection; what comes while there are more is dropped. */
  private static final int WAITING_MAX = 256;

  private static final Config CONFIG =
      ConfigFactory.parseString(
              "pekko.http.server { max-connections = 100000, backlog = 1024, idle-timeout = infinite }\n"
                  + "pekko.loglevel = WARNING")
          .withFallback(ConfigFactory.load());

  private final Random random = new Random(7);
  private final BoundedSourceQueue<Message> everybody;
  private final Source<Message, NotUsed> messages;
  private final ServerBinding binding;

  /**
   * What became of a broadcast.
   *
   * @param sent messages, each to every connection
   * @param dropped of those, because too many were waiting
   * @param seconds that it took
   */
  public record Broadcast(long sent, long dropped, double seconds) {}

  private Broadcaster(ActorSystem<Void> system) {
    Pair<BoundedSourceQueue<Message>, Source<Message, NotUsed>> hub =
        Source.<Message>queue(WAITING_MAX)
            .toMat(BroadcastHub.of(Message.class, WAITING_MAX), Keep.both())
            .run(system);
    everybody = hub.first();
    messages = hub.second();
    binding =
        Http.get(system)
            .newServerAt("127.0.0.1", 0)
            .bindSync(this::accept)
            .toCompletableFuture()
            .join();
  }

  public static void main(String[] arguments) throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "broadcaster", CONFIG);
    var broadcaster = new Broadcaster(system);
    new Commands()
        .with("port", words -> broadcaster.binding.localAddress().getPort())
        .with("broadcast", broadcaster::broadcast)
        .serve();
    System.exit(0); // the parent has ended
  }

  private HttpResponse accept(HttpRequest request) {
    return WebSocket.handleWebSocketRequestWith(
        request, Flow.fromSinkAndSourceCoupled(Sink.ignore(), messages));
  }

  private Broadcast broadcast(List<String> words) {
    int bytes = Integer.parseInt(words.get(0));
    double perSecond = Double.parseDouble(words.get(1));
    long intervalNs = (long) (TimeUnit.SECONDS.toNanos(1) / perSecond);
    long count = Math.round(perSecond * Double.parseDouble(words.get(2)));
    long startNs = System.nanoTime();
    long dropped = 0;
    for (long number = 0; number < count; number++) {
      long dueNs = startNs + number * intervalNs;
      for (long waitNs; (waitNs = dueNs - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(waitNs);
      }
      if (everybody.offer(message(bytes)) instanceof QueueOfferResult.Dropped$) {
        dropped++;
      }
    }
    return new Broadcast(count, dropped, (System.nanoTime() - startNs) / 1e9);
  }

  private Message message(int bytes) {
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    ByteBuffer.wrap(content).putLong(WallClock.nowUs());
    return BinaryMessage.create(ByteString.fromArrayUnsafe(content));
  }
}
