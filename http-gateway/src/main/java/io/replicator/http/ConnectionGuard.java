package io.replicator.http;

import io.replicator.http.exchange.Problem;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Between a connection and the HTTP layer: lets bytes through both ways, and ends a connection that
 * is idle for too long, or that takes too long to say what it wants.
 *
 * <pre>
 *   waiting ──bytes──▶ in a head ──request──▶ exchanging ──answer sent──▶ waiting
 *                          └──headTimeout──▶ 408, closed
 *   any of them, without a byte in either direction ──idleTimeout──▶ closed
 * </pre>
 *
 * Pekko bounds the time between request and answer, but not that of a head that trickles in. A body
 * is bounded by whoever reads it; one that nobody reads counts as a head that does not end.
 */
final class ConnectionGuard
    extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
  private static final String HEAD = "head";
  private static final String IDLE = "idle";

  private final Inlet<ByteString> fromHttp = Inlet.create("guard.fromHttp");
  private final Outlet<ByteString> toNet = Outlet.create("guard.toNet");
  private final Inlet<ByteString> fromNet = Inlet.create("guard.fromNet");
  private final Outlet<ByteString> toHttp = Outlet.create("guard.toHttp");
  private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
      BidiShape.of(fromHttp, toNet, fromNet, toHttp);

  private final Connection connection;
  private final Duration headTimeout;
  private final Duration idleTimeout;
  private final Consumer<String> rejected;

  /**
   * @param rejected is told why a connection was closed
   */
  ConnectionGuard(
      Connection connection,
      Duration headTimeout,
      Duration idleTimeout,
      Consumer<String> rejected) {
    this.connection = connection;
    this.headTimeout = headTimeout;
    this.idleTimeout = idleTimeout;
    this.rejected = rejected;
  }

  @Override
  public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    private boolean headTimerRuns;
    private long requestsBefore;
    private long activeAtNs = System.nanoTime();

    Logic() {
      super(shape);
      setHandler(
          fromNet,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              ByteString bytes = grab(fromNet);
              onBytes();
              push(toHttp, bytes);
            }

            @Override
            public void onUpstreamFinish() {
              connection.lost();
              complete(toHttp);
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              connection.lost();
              fail(toHttp, failure);
            }
          });
      setHandler(toHttp, pulling(fromNet));
      setHandler(
          fromHttp,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              activeAtNs = System.nanoTime();
              push(toNet, grab(fromHttp));
            }

            @Override
            public void onUpstreamFinish() {
              complete(toNet);
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              fail(toNet, failure);
            }
          });
      setHandler(toNet, pulling(fromHttp));
    }

    private AbstractOutHandler pulling(Inlet<ByteString> in) {
      return new AbstractOutHandler() {
        @Override
        public void onPull() {
          if (!hasBeenPulled(in) && !isClosed(in)) {
            pull(in);
          }
        }

        @Override
        public void onDownstreamFinish(Throwable cause) {
          connection.lost();
          cancel(in, cause);
        }
      };
    }

    @Override
    public void preStart() {
      AsyncCallback<String> closing = createAsyncCallback(reason -> completeStage());
      connection.onClose(() -> closing.invoke("closed"));
      scheduleOnce(IDLE, idleTimeout);
    }

    private void onBytes() {
      activeAtNs = System.nanoTime();
      if (!headTimerRuns && !connection.isExchanging() && !connection.isUpgraded()) {
        headTimerRuns = true;
        requestsBefore = connection.requests();
        scheduleOnce(HEAD, headTimeout);
      }
    }

    @Override
    public void onTimer(Object timer) {
      if (timer.equals(HEAD)) {
        headTimerRuns = false;
        boolean late = connection.requests() == requestsBefore && !connection.isExchanging();
        if (late) {
          rejected.accept("slow");
          refuseLate();
        }
      } else if (!connection.isUpgraded()) {
        Duration idle = Duration.ofNanos(System.nanoTime() - activeAtNs);
        if (idle.compareTo(idleTimeout) >= 0) {
          rejected.accept("idle");
          completeStage();
        } else {
          scheduleOnce(IDLE, idleTimeout.minus(idle));
        }
      }
    }

    private void refuseLate() {
      if (isAvailable(toNet)) {
        push(toNet, late(headTimeout));
      }
      completeStage();
    }

    @Override
    public void postStop() {
      connection.closed();
    }
  }

  private static ByteString late(Duration headTimeout) {
    HttpResponse problem =
        Problem.of(
                StatusCodes.REQUEST_TIMEOUT,
                "the request did not arrive within " + headTimeout.toMillis() + " ms")
            .answer("");
    ByteString body = ((HttpEntity.Strict) problem.entity()).getData();
    return ByteString.fromString(
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                + "X-Content-Type-Options: nosniff\r\nContent-Length: "
                + body.size()
                + "\r\n\r\n")
        .concat(body);
  }
}
